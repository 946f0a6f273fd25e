import { and, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, named, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { type Role, roles } from '../../kernel/actor.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { changesBetween } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { organizationOf, organizationsCached } from '../organizations/store.ts'
import type { Assignee, Requester } from '../tickets/decide.ts'
import type { PersonRow } from './decide.ts'
import { DIGEST_MINUTES } from './schema.ts'
import { people, personEmails, teams } from './table.ts'

/** Addresses of one person; mail from any of them is theirs. */
export const EMAILS_MAX = 20

// the id of a record that was merged goes on naming whom it has become a part of
const byId = prepare<{ id: string }>()(($) =>
  build
    .select(rowOf(people))
    .from(people)
    .where(sql`${people.id} = (select coalesce(p.merged_into_id, p.id) from people p where p.id = ${$.id})`),
)
const byIdLocked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(people)).from(people).where(eq(people.id, $.id)).for('update'),
)
const byAddress = prepare<{ address: string }>()(
  ($) =>
    build
      .select(rowOf(people))
      .from(personEmails)
      .innerJoin(people, eq(people.id, personEmails.personId))
      .where(eq(personEmails.address, $.address)),
  { merges: true },
)
const teamById = prepare<{ id: string }>()(($) => build.select(rowOf(teams)).from(teams).where(eq(teams.id, $.id)))

export const findPerson = async (connection: Connection, id: string): Promise<PersonRow | undefined> =>
  (await connection.query(byId.bind({ id }))).rows[0]

export async function lockPerson(tx: Connection, id: string): Promise<PersonRow> {
  const [person] = (await tx.query(byIdLocked.bind({ id }))).rows
  if (!person) throw new Problem('person_not_found')
  return person
}

const bothLocked = prepare<{ ids: string[] }>()(($) =>
  build
    .select(rowOf(people))
    .from(people)
    .where(sql`${people.id} = any(${$.ids}::text[])`)
    .orderBy(people.id)
    .for('update'),
)

/** Two people, locked in the order of their ids; the second may be missing. */
export async function lockPeople(tx: Connection, id: string, otherId: string) {
  const { rows } = await tx.query(bothLocked.bind({ ids: [id, otherId] }))
  const person = rows.find((row) => row.id === id)
  if (!person) throw new Problem('person_not_found')
  return { person, other: rows.find((row) => row.id === otherId) }
}

/** Whose an address is, after the one normalisation. */
export const findPersonByAddress = async (connection: Connection, address: string): Promise<PersonRow | undefined> =>
  (await connection.query(byAddress.bind({ address }))).rows[0]

const byAddresses = prepare<{ addresses: string[] }>()(($) =>
  build
    .select({ ...rowOf(people), address: named<string>('address', personEmails.address) })
    .from(personEmails)
    .innerJoin(people, eq(people.id, personEmails.personId))
    .where(sql`${personEmails.address} = any(${$.addresses}::text[])`),
)

/** Whose addresses these are, by address; those of nobody are missing. */
export async function findPeopleByAddresses(
  connection: Connection,
  addresses: readonly string[],
): Promise<Map<string, PersonRow>> {
  const [only] = addresses
  if (only === undefined) return new Map()
  if (addresses.length === 1) {
    // planned once: with an array of one Postgres makes a new plan each time
    const person = await findPersonByAddress(connection, only)
    return new Map(person ? [[only, person]] : [])
  }
  const { rows } = await connection.query(byAddresses.bind({ addresses: [...addresses] }))
  return new Map(rows.map(({ address, ...person }) => [address, person]))
}

export const findTeam = async (connection: Connection, id: string) =>
  (await connection.query(teamById.bind({ id }))).rows[0]

const enabledAdmins = prepareSql<object, { id: string }>()(
  () => sql`select id from people where acts_as = 'admin' and disabled_at is null order by id limit 2 for update`,
)

/** Up to two admins who could still act, locked, so that two at once cannot remove the last. */
export const lockSomeAdmins = async (tx: Connection): Promise<string[]> =>
  (await tx.query(enabledAdmins.bind({}))).rows.map(({ id }) => id)

/** The address in its one form, or invalid_input at this place. */
export function normalised(pointer: string, email: string): string {
  const address = normaliseAddress(email)
  if (!address) throw invalid(pointer, 'email', 'is not an e-mail address (RFC 5321)')
  return address
}

/** Writes a person and the address that is theirs alone; a constraint tells who was quicker. A requester joins whom its domain belongs to. */
export async function insertPerson(
  { insert, emit, now, cached }: CommandContext,
  draft: Pick<PersonRow, 'name' | 'email' | 'role' | 'supportTeam'> & {
    /** Said where the role is none of the shipped. */
    actsAs?: Role
  } & Partial<Pick<PersonRow, 'locale' | 'timeZone'>> & { verified: boolean },
): Promise<PersonRow> {
  const { verified, actsAs = shipped(draft.role), ...rest } = draft
  const organization =
    actsAs === 'requester' ? organizationOf(await cached(organizationsCached), draft.email) : undefined
  const person: PersonRow = {
    id: newId('per'),
    locale: null,
    timeZone: null,
    ...rest,
    actsAs,
    emails: [draft.email],
    organizationId: organization?.id ?? null,
    organizationVouched: false,
    disabledAt: null,
    mergedIntoId: null,
    erasedAt: null,
    notices: {},
    digestMinutes: DIGEST_MINUTES,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  insert(people, person)
  insert(personEmails, { address: draft.email, personId: person.id, verifiedAt: verified ? now : null, createdAt: now })
  emit({ type: 'person.added', object: { type: 'person', id: person.id, version: 1 }, data: { role: person.role } })
  return person
}

function shipped(key: string): Role {
  const role = roles.find((name) => name === key)
  if (!role) throw new Error(`${key} is no shipped role`)
  return role
}

const emailOf = prepare<{ personId: string; address: string }>()(($) =>
  build
    .select(rowOf(personEmails))
    .from(personEmails)
    .where(and(eq(personEmails.address, $.address), eq(personEmails.personId, $.personId))),
)

/** An address of this person, who is locked. */
export const findEmail = async (tx: Connection, personId: string, address: string) =>
  (await tx.query(emailOf.bind({ personId, address }))).rows[0]

/** Writes which addresses somebody has, and tells it. */
export function changeEmails(
  { update, emit, now }: CommandContext,
  person: PersonRow,
  { emails }: Pick<PersonRow, 'emails'>,
): PersonRow {
  const changes = changesBetween(person, { emails })
  update(people, person, { emails, version: person.version + 1, updatedAt: now })
  const object = { type: 'person', id: person.id, version: person.version }
  emit({ type: 'person.changed', object, changes, data: {} })
  return person
}

/** The constraint that says that an address belongs to somebody already. */
export const ADDRESS_CONSTRAINT = 'person_emails_pkey'

/** The constraint that says that an organization is no more. */
export const ORGANIZATION_CONSTRAINT = 'people_organization'

/** Where one of these fails somebody was quicker: with the same person, or with the end of their organization. */
export const NEW_PERSON_CONSTRAINTS = [ADDRESS_CONSTRAINT, ORGANIZATION_CONSTRAINT]

export const asRequester = ({ id, name, email, actsAs, locale, organizationId }: PersonRow): Requester => ({
  id,
  name,
  email,
  role: actsAs,
  locale,
  organizationId,
})

/** Somebody who can have tickets. */
export const asAssignee = ({ id, name, email, notices }: PersonRow): Assignee => ({ id, name, email, notices })

const staffAmong = prepareSql<{ ids: string[] }, { id: string }>()(
  ($) => sql`select id from people where id = any(${$.ids}::text[]) and acts_as <> 'requester'`,
)

/** All of them work here, or invalid_input with the places of those who do not. */
export async function membersFound(tx: Connection, memberIds: readonly string[]): Promise<void> {
  if (!memberIds.length) return
  const found = new Set((await tx.query(staffAmong.bind({ ids: [...memberIds] }))).rows.map(({ id }) => id))
  const errors = memberIds.flatMap((id, n) =>
    found.has(id) ? [] : [{ pointer: `/memberIds/${n}`, code: 'not_found', detail: 'is nobody who works here' }],
  )
  if (errors.length) throw new Problem('invalid_input', { errors })
}

const teamLocked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(teams)).from(teams).where(eq(teams.id, $.id)).for('update'),
)
const membersOf = prepareSql<{ teamId: string }, { personId: string }>()(
  ($) => sql`select person_id as "personId" from team_members where team_id = ${$.teamId} order by person_id`,
)

/** A team and its members, locked. */
export async function lockTeam(tx: Connection, id: string) {
  const [found, members] = await Promise.all([
    tx.query(teamLocked.bind({ id })),
    tx.query(membersOf.bind({ teamId: id })),
  ])
  const [team] = found.rows
  if (!team) throw new Problem('team_not_found')
  return { team, members: members.rows.map(({ personId }) => personId) }
}
