import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { FieldAct } from './schema.ts'
import { lockField } from './store.ts'
import { customFields } from './table.ts'

/** A field is retired: it leaves all forms and is not set any more. Its values stay readable, and its key taken. */
export const removeField = defineCommand({
  name: 'removeField',
  group: 'vocabularies',
  input: FieldAct,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    return lockField(tx, key)
  },

  refuse: (actor) => refuseAdminWork(actor, 'field_not_found'),

  async handle(context, { key }, field) {
    if (field.retired) return { id: key }
    context.update(customFields, field, { retired: true, version: field.version + 1, updatedAt: context.now })
    await bumpVocabulary(context)
    const object = { type: 'field', id: key, version: field.version }
    context.emit({ type: 'field.removed', object, changes: { retired: { from: false, to: true } }, data: { key } })
    return { id: key }
  },
})
