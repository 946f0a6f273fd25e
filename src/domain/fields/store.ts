import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { Actor } from '../../kernel/actor.ts'
import { type Fault, Problem } from '../../kernel/problems.ts'
import { seesPerson } from '../people/policy.ts'
import type { CustomField, Definitions, FieldType, Values } from './schema.ts'
import { customFields } from './table.ts'
import { peopleIn } from './values.ts'

const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(customFields)).from(customFields).where(eq(customFields.key, $.key)).for('update'),
)

export async function lockField(tx: Connection, key: string): Promise<CustomField> {
  const [field] = (await tx.query(locked.bind({ key }))).rows
  if (!field) throw new Problem('field_not_found')
  return field
}

const someone = prepareSql<{ ids: string[] }, { id: string }>()(
  ($) => sql`select id from people where id = any(${$.ids}::text[])`,
)

/** Which of the people that values name this actor knows; without any nothing is asked. */
export async function knownPeople(
  tx: Connection,
  actor: Actor,
  definitions: Definitions,
  values: Values = {},
): Promise<ReadonlySet<string>> {
  const ids = peopleIn(definitions, values)
    .map(({ id }) => id)
    .filter((id) => seesPerson(actor, { id }))
  if (!ids.length) return new Set()
  return new Set((await tx.query(someone.bind({ ids }))).rows.map(({ id }) => id))
}

/** The fault of a default that names nobody. */
export async function nobodyFor(tx: Connection, type: FieldType, defaultValue: unknown): Promise<Fault[]> {
  if (type !== 'person' || typeof defaultValue !== 'string') return []
  const { rows } = await tx.query(someone.bind({ ids: [defaultValue] }))
  return rows.length ? [] : [{ pointer: '/defaultValue', code: 'not_found', detail: 'is no person' }]
}

/** Fields of one desk, retired ones too: every process keeps them in memory, and forms have no pages. */
export const FIELDS_MAX = 200
