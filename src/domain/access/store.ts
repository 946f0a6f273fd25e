import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, named, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { PersonActor, Rights } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problems.ts'
import { actorOf, type PersonRow } from '../people/decide.ts'
import { people } from '../people/table.ts'
import { NO_RIGHTS, shippedRole } from '../roles/decide.ts'
import type { ApiKeyWithSecret } from './schema.ts'
import { hashOf, newSecret, prefixOf } from './secret.ts'
import { apiKeys } from './table.ts'

export type ApiKeyRow = typeof apiKeys.$inferSelect

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(apiKeys)).from(apiKeys).where(eq(apiKeys.id, $.id)).for('update'),
)

export async function lockApiKey(tx: Connection, id: string): Promise<ApiKeyRow> {
  const [key] = (await tx.query(locked.bind({ id }))).rows
  if (!key) throw new Problem('api_key_not_found')
  return key
}

export interface NewKey {
  name: string
  personId: string
  scopes: string[]
  expiresAt: string | null
  createdById: string | null
  /** Given by the operator at the first start; otherwise made here. */
  secret?: string
}

/** Writes the hash of a key; the key itself is in the answer and nowhere else. */
export function insertApiKey(
  { insert, now }: Pick<CommandContext, 'insert' | 'now'>,
  { secret = newSecret(), ...draft }: NewKey,
): ApiKeyWithSecret {
  const row: ApiKeyRow = {
    id: newId('key'),
    ...draft,
    secretHash: hashOf(secret),
    prefix: prefixOf(secret),
    lastUsedAt: null,
    revokedAt: null,
    createdAt: now,
  }
  insert(apiKeys, row)
  const { secretHash: _, ...shown } = row
  return { ...shown, key: secret }
}

// R23: a domain that put somebody into an organization shows them nothing until an address of it is proven to be theirs
const sharedOrganizationId = named<string | null>(
  'sharedOrganizationId',
  sql`(select o.id from organizations o where o.id = ${people.organizationId} and ${people.actsAs} = 'requester'
    and (o.shares_tickets or exists (select 1 from roles r where r.key = ${people.role} and r.organization_tickets))
    and (${people.organizationVouched} or exists (select 1 from person_emails e
      join organization_domains d on d.domain = split_part(e.address, '@', 2)
      where e.person_id = ${people.id} and e.verified_at is not null and d.organization_id = o.id)))`,
)

const rights = named<Rights | null>(
  'rights',
  sql`(select jsonb_build_object('ticketAccess', r.ticket_access, 'permissions', to_jsonb(r.permissions), 'changeable', to_jsonb(r.changeable))
    from roles r where r.key = ${people.role})`,
)
const teamIds = named<string[]>(
  'teamIds',
  sql`array(select m.team_id from team_members m join roles r on r.ticket_access = 'teams' where m.person_id = ${people.id} and r.key = ${people.role})`,
)
const standing = { sharedOrganizationId, rights, teamIds }

type Standing = PersonRow & Pick<PersonActor, 'sharedOrganizationId' | 'rights' | 'teamIds'>

/** Somebody with all that their role allows now. A role that is gone allows nothing. */
const actorFrom = ({ sharedOrganizationId, rights, teamIds, ...person }: Standing): PersonActor =>
  actorOf(person, {
    sharedOrganizationId,
    teamIds,
    rights: shippedRole(person.role) ? null : (rights ?? NO_RIGHTS),
  })

const byHash = prepare<{ hash: string }>()(($) =>
  build
    .select({
      ...rowOf(people),
      ...standing,
      keyId: named<string>('keyId', apiKeys.id),
      scopes: named<string[]>('scopes', apiKeys.scopes),
      expiresAt: named<string | null>('expiresAt', apiKeys.expiresAt),
      revokedAt: named<string | null>('revokedAt', apiKeys.revokedAt),
      lastUsedAt: named<string | null>('lastUsedAt', apiKeys.lastUsedAt),
    })
    .from(apiKeys)
    .innerJoin(people, eq(people.id, apiKeys.personId))
    .where(eq(apiKeys.secretHash, $.hash)),
)

export interface KeyHolder {
  actor: PersonActor
  expiresAt: string | null
  lastUsedAt: string | null
}

/** Who a key acts as, unless key or person are out of use. Expiry is the caller's to check against the clock. */
export async function keyHolder(connection: Connection, secret: string): Promise<KeyHolder | undefined> {
  const [row] = (await connection.query(byHash.bind({ hash: hashOf(secret) }))).rows
  if (!row || row.revokedAt || row.disabledAt) return
  return {
    actor: { ...actorFrom(row), apiKeyId: row.keyId, scopes: row.scopes },
    expiresAt: row.expiresAt,
    lastUsedAt: row.lastUsedAt,
  }
}

const goodKey = prepareSql<{ id: string; now: string }, { id: string }>()(
  ($) =>
    sql`select id from api_keys where id = ${$.id} and revoked_at is null and (expires_at is null or expires_at > ${$.now})`,
)

/** Whether a key is neither revoked nor expired. */
export const keyIsGood = async (connection: Connection, id: string, now: string): Promise<boolean> =>
  (await connection.query(goodKey.bind({ id, now }))).rows.length > 0

const byPerson = prepare<{ id: string }>()(($) =>
  build
    .select({ ...rowOf(people), ...standing })
    .from(people)
    .where(eq(people.id, $.id)),
)

/** Who a token speaks for, unless they are disabled. */
export async function activePerson(connection: Connection, id: string): Promise<PersonActor | undefined> {
  const [person] = (await connection.query(byPerson.bind({ id }))).rows
  return person && !person.disabledAt ? actorFrom(person) : undefined
}

const verify = prepareSql<{ address: string; now: string }, never>()(
  ($) => sql`update person_emails set verified_at = ${$.now} where address = ${$.address} and verified_at is null`,
)

/** Somebody trusted says that the address is its person's. */
export const markVerified = async ({ query, now }: CommandContext, address: string): Promise<void> =>
  void (await query(verify.bind({ address, now })))

const touch = prepareSql<{ id: string; now: string }, never>()(
  ($) => sql`update api_keys set last_used_at = ${$.now} where id = ${$.id}`,
)

export const touchApiKey = async ({ query, now }: CommandContext, id: string): Promise<void> =>
  void (await query(touch.bind({ id, now })))
