import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { TemplateAct } from './schema.ts'
import { lockTemplate } from './store.ts'
import { templates } from './table.ts'

/** The template is gone; a rule that replies by it fails from now on, visibly. */
export const removeTemplate = defineCommand({
  name: 'removeTemplate',
  group: 'templates',
  input: TemplateAct,
  subject: ({ tx }, { key }) => lockTemplate(tx, key),
  refuse: (actor) => (isAgent(actor) ? undefined : 'forbidden'),

  handle({ remove, emit }, { key }, template) {
    remove(templates, template)
    emit({ type: 'template.removed', object: { type: 'template', id: key, version: null }, data: { key } })
    return { id: key }
  },
})
