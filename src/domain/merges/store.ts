import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'

/** Tickets that are merged into one, at any remove: every walk over them has an end. */
export const MERGED_MAX = 100
/** One statement moves them. */
export const MESSAGES_MAX = 10_000

// Merges and splits change several tickets and what hangs on them: they happen one after another, and are rare.
const MERGE_LOCK = 7_261_005
const lock = prepareSql<object, never>()(() => sql`select pg_advisory_xact_lock(${sql.raw(String(MERGE_LOCK))})`)

/** Nobody else merges or splits until the commit. Before any ticket is locked. */
export const lockMerges = async (tx: Connection): Promise<void> => void (await tx.query(lock.bind({})))

/** Several tickets, locked in the order of their ids: whoever locks the same ones waits, and nobody for ever. */
export async function lockTickets(tx: Connection, ids: readonly string[]): Promise<Map<string, LockedTicket>> {
  const locked = new Map<string, LockedTicket>()
  for (const id of [...new Set(ids)].sort()) locked.set(id, await lockTicket(tx, id))
  return locked
}

export function lockedIn(locked: ReadonlyMap<string, LockedTicket>, id: string): LockedTicket {
  const found = locked.get(id)
  if (!found) throw new Problem('ticket_not_found')
  return found
}

const under = prepareSql<{ ticketId: string }, { id: string }>()(
  ($) => sql`with recursive merged as (
      select ${$.ticketId}::text collate "C" as id, 0 as level
      union all select t.id, merged.level + 1 from merged join tickets t on t.merged_under_id = merged.id where merged.level < ${sql.raw(String(MERGED_MAX))}
    ) select id from merged limit ${sql.raw(String(MERGED_MAX + 1))}`,
)

/** What can be asked: before a command decides, or after it has written. */
type Asking = Pick<CommandContext, 'query'>

/** A ticket and all that was merged into it, at any remove. */
export const familyOf = async ({ query }: Asking, ticketId: string): Promise<string[]> =>
  (await query(under.bind({ ticketId }))).rows.map(({ id }) => id)

const up = prepareSql<{ ticketId: string }, { id: string }>()(
  ($) => sql`with recursive chain as (
      select merged_under_id as id, 1 as level from tickets where id = ${$.ticketId}
      union all select t.merged_under_id, chain.level + 1 from chain join tickets t on t.id = chain.id where chain.level < ${sql.raw(String(MERGED_MAX))}
    ) select id from chain where id is not null order by level`,
)

/** The tickets into which one was merged, one after another; the last is the end. */
export const chainOf = async (tx: Connection, ticketId: string): Promise<string[]> =>
  (await tx.query(up.bind({ ticketId }))).rows.map(({ id }) => id)

const counted = prepareSql<{ ticketId: string }, { count: number }>()(
  ($) =>
    sql`select count(*)::int as count from (select from messages where ticket_id = ${$.ticketId} limit ${sql.raw(String(MESSAGES_MAX + 1))}) m`,
)

export const countMessages = async (tx: Connection, ticketId: string): Promise<number> =>
  (await tx.query(counted.bind({ ticketId }))).rows[0]?.count ?? 0

const flatten = prepareSql<{ sourceId: string; endId: string; now: Instant }, never>()(
  ($) => sql`update tickets set merged_into_id = ${$.endId}, version = version + 1, public_version = public_version + 1,
    updated_at = ${$.now}, public_updated_at = ${$.now} where merged_into_id = ${$.sourceId}`,
)
const lead = prepareSql<{ ids: string[]; endId: string; now: Instant }, never>()(
  ($) => sql`update tickets set merged_into_id = ${$.endId}, version = version + 1, public_version = public_version + 1,
    updated_at = ${$.now}, public_updated_at = ${$.now} where id = any(${$.ids}::text[])`,
)

/** Those that were merged into a ticket lead to another one from now on: each names the end of its chain. */
export const leadOn = async ({ query, now }: CommandContext, sourceId: string, endId: string): Promise<void> =>
  void (await query(flatten.bind({ sourceId, endId, now })))

export const leadTo = async ({ query, now }: CommandContext, ids: readonly string[], endId: string): Promise<void> =>
  void (await query(lead.bind({ ids: [...ids], endId, now })))

// people whom nothing brings any more that is still merged into the ticket: neither a requester nor a follower of such a one
const unfollow = prepareSql<{ ticketId: string; familyIds: string[] }, { personId: string }>()(
  ($) => sql`delete from ticket_followers f where f.ticket_id = ${$.ticketId} and f.source = 'merge'
      and not exists (select from tickets t where t.id = any(${$.familyIds}::text[]) and t.id <> f.ticket_id and t.requester_id = f.person_id)
      and not exists (select from ticket_followers o where o.ticket_id = any(${$.familyIds}::text[]) and o.ticket_id <> f.ticket_id
        and o.person_id = f.person_id and o.source <> 'merge')
    returning f.person_id as "personId"`,
)

/** Takes away the followers that a merge brought, and nothing brings any more. Answers who. */
export const dropFollowers = async (
  { query }: CommandContext,
  ticketId: string,
  familyIds: readonly string[],
): Promise<string[]> =>
  (await query(unfollow.bind({ ticketId, familyIds: [...familyIds] }))).rows.map(({ personId }) => personId)

const following = prepareSql<{ sourceId: string; targetId: string }, { id: string }>()(
  ($) => sql`select p.id from people p where p.disabled_at is null
      and p.id in (select requester_id from tickets where id = ${$.sourceId} union select person_id from ticket_followers where ticket_id = ${$.sourceId})
      and p.id not in (select requester_id from tickets where id = ${$.targetId} union select person_id from ticket_followers where ticket_id = ${$.targetId})
    order by p.id limit 500`,
)

/** Who asked for or follows one ticket, and is to follow the other. */
export const newFollowers = async (tx: Connection, sourceId: string, targetId: string): Promise<{ id: string }[]> =>
  (await tx.query(following.bind({ sourceId, targetId }))).rows
