import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid, invalidInput } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { fieldFaults, newField } from './decide.ts'
import { AddField, type CustomField } from './schema.ts'
import { FIELDS_MAX, nobodyFor } from './store.ts'
import { customFields } from './table.ts'

const POSITION_STEP = 10

/** A new custom field of tickets; it can be set from now on. Without a position it comes last. */
export const addField = defineCommand({
  name: 'addField',
  group: 'vocabularies',
  input: AddField,
  constraints: { custom_fields_pkey: 'field_taken' },

  async subject({ tx, cached }, { type, defaultValue }) {
    await lockConfiguration(tx)
    const [words, faults] = await Promise.all([cached(vocabulary), nobodyFor(tx, type, defaultValue)])
    return { words, faults }
  },

  refuse: (actor, { words }, { key }) => refuseAdminWork(actor) ?? (words.fields.has(key) ? 'field_taken' : undefined),

  async handle(context, input, { words, faults: nobody }): Promise<CustomField> {
    const { fields, types } = words
    if (fields.size >= FIELDS_MAX) throw invalid('/key', 'too_many', `there are ${FIELDS_MAX} fields already`)
    const last = Math.max(0, ...[...fields.values()].map(({ position }) => position))
    const field = newField(input, last + POSITION_STEP, context.now)
    const faults = [...fieldFaults(field, types), ...nobody]
    if (faults.length) throw invalidInput(faults)
    context.insert(customFields, field)
    await bumpVocabulary(context)
    context.emit({
      type: 'field.added',
      object: { type: 'field', id: field.key, version: 1 },
      data: { key: field.key },
    })
    return field
  },
})
