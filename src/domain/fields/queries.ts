import { isStaff } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { vocabulary } from '../types/store.ts'
import { formOf } from './form.ts'
import { seesField } from './policy.ts'
import { FieldAct } from './schema.ts'

/** The custom fields that this actor sees, in the order of forms; retired ones too, because tickets have values of them. */
export const fieldsQuery = defineQuery({
  name: 'fields',
  group: 'vocabularies',
  input: NoInput,
  refuse: () => undefined,

  async read({ actor, cached }) {
    const { fields } = await cached(vocabulary)
    return [...fields.values()].filter((field) => seesField(actor, field))
  },
})

export const fieldQuery = defineQuery({
  name: 'field',
  group: 'vocabularies',
  input: FieldAct,
  refuse: () => undefined,

  async read({ actor, cached }, { key }) {
    const field = (await cached(vocabulary)).fields.get(key)
    if (!field || !seesField(actor, field)) throw new Problem('field_not_found')
    return field
  },
})

/** What this actor may give when they open a ticket of a type, for a front end to make a form of. */
export const typeSchema = defineQuery({
  name: 'typeSchema',
  group: 'vocabularies',
  input: FieldAct,
  refuse: () => undefined,

  async read({ actor, cached }, { key }) {
    const words = await cached(vocabulary)
    const type = words.types.get(key)
    if (!type || (type.hidden && !isStaff(actor))) throw new Problem('type_not_found')
    return formOf(actor, words, type)
  },
})
