import { type SQL, sql } from 'drizzle-orm'
import type { Actor } from '../../kernel/actor.ts'
import type { Field } from '../../kernel/condition/language.ts'
import type { SortKey } from '../../kernel/order.ts'
import { FIELDS, seesField } from '../fields/policy.ts'
import type { CustomField, Definitions, FieldType } from '../fields/schema.ts'
import { customFields } from '../fields/table.ts'
import { tickets } from './table.ts'

/** What requesters read of a ticket's custom fields; the twin of `seesField`. Most tickets have none, and cost nothing. */
export const publicFields: SQL = sql`case when ${tickets.fields} = '{}' then ${tickets.fields} else
  (select coalesce(jsonb_object_agg(held.key, held.value), '{}') from jsonb_each(${tickets.fields}) as held
    join ${customFields} as field on field.key = held.key where field.visibility = 'requesters') end`

const text = (key: SQL): SQL => sql`(${tickets.fields} ->> ${key})`
// what has one form in ASCII is compared byte by byte
const time = (key: SQL): SQL => sql`((${tickets.fields} ->> ${key}) collate "C")`
const number = (key: SQL): SQL => sql`((${tickets.fields} -> ${key})::numeric)`

interface Asked {
  as: Field<never>['type']
  column(key: SQL): SQL
  /** What stands for nothing in a sort; undefined where there is no order. */
  empty?: string
  /** So many characters are sorted by. */
  lengthMax?: number
}

/** Three of them fit into a cursor, in any script. */
const SORTED_LENGTH_MAX = 100

/** How each type is asked for. A key keeps its type for ever, so no cast can fail. */
const ASKED: Record<FieldType, Asked> = {
  text: { as: 'text', column: text, empty: '', lengthMax: SORTED_LENGTH_MAX },
  url: { as: 'text', column: text, empty: '', lengthMax: SORTED_LENGTH_MAX },
  integer: { as: 'integer', column: number, empty: '0' },
  decimal: { as: 'decimal', column: number, empty: '0' },
  boolean: { as: 'boolean', column: (key) => sql`((${tickets.fields} -> ${key})::boolean)`, empty: 'false' },
  date: { as: 'date', column: time, empty: '' },
  datetime: { as: 'instant', column: time, empty: '' },
  select: { as: 'key', column: time, empty: '' },
  person: { as: 'reference', column: time, empty: '' },
  organization: { as: 'reference', column: time, empty: '' },
  multiselect: { as: 'tags', column: (key) => sql`(${tickets.fields} -> ${key})` },
}

/** A key in the text of a statement: an expression must read the same wherever it stands. */
function literal(key: string): SQL {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(key)) throw new Error(`${key} is no key of a field`)
  return sql.raw(`'${key}'`)
}

/** A custom field as conditions ask for it, but for what reads it from facts. */
export function describedField({ key, type, options }: CustomField): Omit<Field<never>, 'read' | 'changedFrom'> {
  const { as, column } = ASKED[type]
  return {
    type: as,
    column: column(literal(key)),
    member: { of: tickets.fields, key },
    ...(options ? { options: options.map((option) => option.key) } : {}),
    ...(type === 'person' || type === 'organization' ? { refersTo: type } : {}),
  }
}

/** What this actor may sort by. */
export const fieldSorts = (actor: Actor, definitions: Definitions): Record<string, SortKey> =>
  Object.fromEntries(
    [...definitions.values()].flatMap((field) => {
      const { column, empty, lengthMax } = ASKED[field.type]
      if (empty === undefined || !seesField(actor, field)) return []
      const whole = column(literal(field.key))
      const sorted = lengthMax === undefined ? whole : sql`left(${whole}, ${sql.raw(String(lengthMax))})`
      const member = { key: field.key, kind: field.type, ...(lengthMax === undefined ? {} : { lengthMax }) }
      return [[FIELDS + field.key, { column: sorted, property: 'fields', member, empty }]]
    }),
  )
