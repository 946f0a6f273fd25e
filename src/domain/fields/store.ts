import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { type Actor, isStaff, sharedOrganizationOf } from '../../kernel/actor.ts'
import { type Fault, Problem } from '../../kernel/problems.ts'
import { seesPerson } from '../people/policy.ts'
import type { CustomField, Definitions, FieldType, Values } from './schema.ts'
import { customFields } from './table.ts'
import { isReferring, namedIn, type Referring } from './values.ts'

const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(customFields)).from(customFields).where(eq(customFields.key, $.key)).for('update'),
)

export async function lockField(tx: Connection, key: string): Promise<CustomField> {
  const [field] = (await tx.query(locked.bind({ key }))).rows
  if (!field) throw new Problem('field_not_found')
  return field
}

const there = prepareSql<{ people: string[]; organizations: string[] }, { id: string }>()(
  ($) => sql`select id from people where id = any(${$.people}::text[])
    union all select id from organizations where id = any(${$.organizations}::text[])`,
)

/** Which of the people and organizations that values name this actor knows; without any nothing is asked. */
export async function knownPeople(
  tx: Connection,
  actor: Actor,
  definitions: Definitions,
  values: Values = {},
): Promise<ReadonlySet<string>> {
  const named = namedIn(definitions, values)
  const idsOf = (wanted: Referring) => named.flatMap(({ type, id }) => (type === wanted ? [id] : []))
  const people = idsOf('person').filter((id) => seesPerson(actor, { id }))
  const organizations = idsOf('organization').filter((id) => isStaff(actor) || id === sharedOrganizationOf(actor))
  if (!people.length && !organizations.length) return new Set()
  return new Set((await tx.query(there.bind({ people, organizations }))).rows.map(({ id }) => id))
}

/** The fault of a default that names nobody and nothing. */
export async function nobodyFor(tx: Connection, type: FieldType, defaultValue: unknown): Promise<Fault[]> {
  if (!isReferring(type) || typeof defaultValue !== 'string') return []
  const ids = [defaultValue]
  const asked = type === 'person' ? { people: ids, organizations: [] } : { people: [], organizations: ids }
  const { rows } = await tx.query(there.bind(asked))
  return rows.length ? [] : [{ pointer: '/defaultValue', code: 'not_found', detail: `is no ${type}` }]
}

/** Fields of one desk, retired ones too: every process keeps them in memory, and forms have no pages. */
export const FIELDS_MAX = 200
