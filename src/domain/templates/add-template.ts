import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { AddTemplate, type Template } from './schema.ts'
import { checkTemplate, findTemplate } from './store.ts'
import { templates } from './table.ts'

/** A new template; a variable that nothing gives is refused now, not when somebody answers a customer. */
export const addTemplate = defineCommand({
  name: 'addTemplate',
  group: 'templates',
  input: AddTemplate,
  subject: async ({ tx }, { key }) => ({ existing: await findTemplate(tx, key) }),
  refuse: (actor, { existing }) => (!isAgent(actor) ? 'forbidden' : existing ? 'template_taken' : undefined),
  constraints: { templates_pkey: 'template_taken' },

  handle({ insert, emit, now }, input): Template {
    const template: Template = {
      folder: null,
      subject: null,
      format: 'text',
      locales: {},
      ...input,
      useCount: 0,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    checkTemplate(template)
    insert(templates, template)
    emit({ type: 'template.added', object: { type: 'template', id: input.key, version: 1 }, data: { key: input.key } })
    return template
  },
})
