import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { invalidInput } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { changedField, fieldFaults } from './decide.ts'
import { ChangeField, type CustomField } from './schema.ts'
import { lockField, nobodyFor } from './store.ts'
import { customFields } from './table.ts'

/** What a field may hold from now on, and for whom it is. Values that tickets have stay as they are; key and type never change. */
export const changeField = defineCommand({
  name: 'changeField',
  group: 'vocabularies',
  input: ChangeField,

  async subject({ tx, cached }, { key, defaultValue }) {
    await lockConfiguration(tx)
    const [field, { types }] = await Promise.all([lockField(tx, key), cached(vocabulary)])
    return { field, types, nobody: await nobodyFor(tx, field.type, defaultValue), tx }
  },

  refuse: (actor) => refuseAdminWork(actor, 'field_not_found'),

  async handle(context, { key, expectedVersion, ...fields }, { field, types, nobody, tx }): Promise<CustomField> {
    await refuseStale(tx, { id: key, version: field.version }, expectedVersion, Object.keys(fields))
    const wanted = changedField(field, fields)
    const faults = [...fieldFaults({ ...field, ...wanted }, types), ...nobody]
    if (faults.length) throw invalidInput(faults)
    const changes = changesBetween(field, wanted)
    if (!Object.keys(changes).length) return field
    context.update(customFields, field, { ...wanted, version: field.version + 1, updatedAt: context.now })
    await bumpVocabulary(context)
    const object = { type: 'field', id: key, version: field.version }
    context.emit({ type: 'field.changed', object, changes, data: { key } })
    return field
  },
})
