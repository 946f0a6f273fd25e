import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { Problem } from '../../kernel/problems.ts'
import { ChangeTemplate, type Template } from './schema.ts'
import { checkTemplate, lockTemplate } from './store.ts'
import { templates } from './table.ts'

/** Changes what a template says; what was sent by it stays as it was. */
export const changeTemplate = defineCommand({
  name: 'changeTemplate',
  group: 'templates',
  input: ChangeTemplate,
  subject: ({ tx }, { key }) => lockTemplate(tx, key),
  refuse: (actor) => (isAgent(actor) ? undefined : 'forbidden'),

  handle({ update, emit, now }, { key, expectedVersion, ...fields }, template): Template {
    // one text: whoever edits an older state of it would undo what they have not read
    if (expectedVersion !== undefined && expectedVersion !== template.version)
      throw new Problem('version_conflict', { currentVersion: template.version, fields: Object.keys(fields) })
    const changes = changesBetween(template, fields)
    if (!Object.keys(changes).length) return template
    checkTemplate({ ...template, ...fields })
    update(templates, template, { ...fields, version: template.version + 1, updatedAt: now })
    emit({
      type: 'template.changed',
      object: { type: 'template', id: key, version: template.version },
      changes,
      data: { key },
    })
    return template
  },
})
