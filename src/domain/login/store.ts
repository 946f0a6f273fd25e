import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { after, DAY_MS, type Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import type { SessionEnd } from './schema.ts'
import { passwords, sessions } from './table.ts'

export type SessionRow = typeof sessions.$inferSelect

/** Whom an address and a password could let in: an address nobody has proven lets in nobody (R23). */
export interface Credential {
  personId: string
  hash: string
}

const credential = prepareSql<{ address: string }, Credential>()(
  (
    $,
  ) => sql`select p.id as "personId", w.hash from person_emails e join people p on p.id = e.person_id join passwords w on w.person_id = p.id
    where e.address = ${$.address} and e.verified_at is not null and p.disabled_at is null`,
)

export const credentialOf = async (connection: Connection, address: string): Promise<Credential | undefined> =>
  (await connection.query(credential.bind({ address }))).rows[0]

const verified = prepareSql<{ address: string }, { address: string }>()(
  ($) => sql`select address from person_emails where address = ${$.address} and verified_at is not null`,
)

/** Whether an address is proven to be its person's. */
export const isVerified = async (connection: Connection, address: string): Promise<boolean> =>
  (await connection.query(verified.bind({ address }))).rows.length > 0

const password = prepare<{ personId: string }>()(($) =>
  build.select(rowOf(passwords)).from(passwords).where(eq(passwords.personId, $.personId)),
)

export const findPassword = async (connection: Connection, personId: string) =>
  (await connection.query(password.bind({ personId }))).rows[0]

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(sessions)).from(sessions).where(eq(sessions.id, $.id)).for('update'),
)

export async function lockSession(tx: Connection, id: string): Promise<SessionRow> {
  const [session] = (await tx.query(locked.bind({ id }))).rows
  if (!session) throw new Problem('session_not_found')
  return session
}

const openOf = prepare<{ personId: string; now: Instant }>()(($) =>
  build
    .select(rowOf(sessions))
    .from(sessions)
    .where(
      sql`${sessions.personId} = ${$.personId} and ${sessions.endedAt} is null and ${sessions.expiresAt} > ${$.now}`,
    )
    .orderBy(sessions.id)
    .for('update'),
)

// before their sessions, for whoever ends them holds the person first: no session begins while others end
const held = prepareSql<{ personId: string }, { id: string }>()(
  ($) => sql`select id from people where id = ${$.personId} for share`,
)

/** Where somebody is logged in, oldest first, locked: until the commit nobody changes what they may, or ends all that they have open. */
export async function lockSessionsOf(tx: Connection, personId: string, now: Instant): Promise<SessionRow[]> {
  await tx.query(held.bind({ personId }))
  return (await tx.query(openOf.bind({ personId, now }))).rows
}

const forget = prepareSql<{ personId: string }, never>()(
  ($) => sql`with gone as (delete from passwords where person_id = ${$.personId}),
      spent as (delete from one_time_tokens where person_id = ${$.personId})
    update person_emails set verified_at = null where person_id = ${$.personId}`,
)

/** Whoever comes to work here logs in by a new proof: what a client could do with an address was not meant for that (R23). */
export const forgetProofs = async ({ query }: Pick<CommandContext, 'query'>, personId: string): Promise<void> =>
  void (await query(forget.bind({ personId })))

/** Ends sessions; their access tokens are out within a second in every process. */
export function endThese({ update, emit, now }: CommandContext, rows: readonly SessionRow[], by: SessionEnd): void {
  for (const row of rows) {
    update(sessions, row, { endedAt: now, endedBy: by })
    const object = { type: 'session', id: row.id, version: null }
    emit({ type: 'session.ended', object, data: { personId: row.personId, by } })
  }
}

const inSession = prepareSql<{ id: string; personId: string; now: Instant }, { id: string }>()(
  ($) =>
    sql`select id from ${sessions} where id = ${$.id} and person_id = ${$.personId} and ended_at is null and expires_at > ${$.now}`,
)

/** Whether this session of this person goes on. */
export const goesOn = async (connection: Connection, id: string, personId: string, now: Instant): Promise<boolean> =>
  (await connection.query(inSession.bind({ id, personId, now }))).rows.length > 0

const KEPT_MS = 30 * DAY_MS
const expire = prepareSql<{ before: Instant; now: Instant }, never>()(
  ($) => sql`with gone as (delete from one_time_tokens where expires_at < ${$.before})
    delete from ${sessions} where expires_at < ${$.now} or ended_at < ${$.before}`,
)

/** Forgets sessions that have expired or ended, and tokens, thirty days after. */
export const forgetSessions = async (tx: Pick<Connection, 'query'>, now: Instant): Promise<number> =>
  (await tx.query(expire.bind({ before: after(now, -KEPT_MS), now }))).rowCount
