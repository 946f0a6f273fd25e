import { type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { isStaff, type PersonActor } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { type Viewer, type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { activePerson } from '../access/store.ts'
import type { DigestedTicket } from '../outbound/letters.ts'
import { seenTicket } from '../tickets/reach.ts'
import { tickets } from '../tickets/table.ts'

/** Notices that one digest takes, the oldest. Whoever has more gets the next one at once. */
const NOTICES_MAX = 10_000
/** Tickets that one digest names. */
const TICKETS_MAX = 100

/** When the digest of a person `p` is due who has waited since a moment. */
const dueAt = (since: SQL): SQL => sql`${since} + make_interval(mins => p.digest_minutes)`

/**
 * Whose digests are due, and when. It steps from the first notice of one who waits to that of the next (a loose index scan): so it costs
 * as many looks into the index as people wait, however many notices wait for them.
 */
export const digestsDue = sql`with recursive waiting (person_id, since) as (
    (select person_id, created_at from notifications where awaits_digest order by person_id, created_at limit 1)
    union all
    select following.person_id, following.created_at from waiting cross join lateral (
      select n.person_id, n.created_at from notifications n where n.awaits_digest and n.person_id > waiting.person_id
      order by n.person_id, n.created_at limit 1) following
  ) select p.id, ${dueAt(sql`since`)} as at from waiting join people p on p.id = person_id order by 2`

// whoever writes their digest or changes their preferences just now is not waited for
const locked = prepareSql<{ personId: string }, { id: string }>()(
  ($) => sql`select id from people where id = ${$.personId} for no key update skip locked`,
)
const due = prepareSql<{ personId: string }, { id: string }>()(
  ($) =>
    sql`select p.id from people p where p.id = ${$.personId} and ${dueAt(
      sql`(select min(created_at) from notifications where person_id = ${$.personId} and awaits_digest)`,
    )} <= now()`,
)

/**
 * Whether somebody's digest is due, who is then locked until the commit; false where another holds them. Asked in this order: what was
 * seen before the lock might be in a digest by now.
 */
export async function lockDue(tx: Connection, personId: string): Promise<boolean> {
  const [lock, moment] = await Promise.all([tx.query(locked.bind({ personId })), tx.query(due.bind({ personId }))])
  return lock.rows.length > 0 && moment.rows.length > 0
}

/** Whoever reads a digest, with what their role allows now; nobody, once they are disabled or work here no more. */
export async function readerOf(tx: Connection, personId: string): Promise<PersonActor | undefined> {
  const person = await activePerson(tx, personId)
  return person && isStaff(person) ? person : undefined
}

/** Notices `n` with their tickets, as far as the reader sees them now: what was merged is told of the ticket as which it goes on. */
const seenNotices = (viewer: Viewer): SQL =>
  sql`notifications n join tickets named on named.id = n.ticket_id
    join ${tickets} on ${tickets.id} = coalesce(named.merged_into_id, named.id) and ${tickets.deletedAt} is null and ${seenTicket(viewer)}`

const waitingOf = (personId: SQL): SQL =>
  sql`select id from notifications where person_id = ${personId} and awaits_digest order by created_at limit ${sql.raw(String(NOTICES_MAX))}`

/** How much a digest tells. */
interface Taken {
  notices: number
  tickets: number
}

const take = prepareSql<{ mailId: string } & Viewing, Taken>()(
  ($) => sql`with waiting as (${waitingOf(sql`${$.viewer}`)}),
    told as (select n.id, ${tickets.id} as ticket_id from waiting join ${seenNotices(viewerIn($))} on n.id = waiting.id where n.read_at is null),
    taken as (update notifications t set awaits_digest = false, digest_mail_id = case when told.id is not null then ${$.mailId} end
      from waiting left join told on told.id = waiting.id where t.id = waiting.id)
  select count(*)::int as notices, count(distinct ticket_id)::int as tickets from told`,
)
const letGo = prepareSql<{ personId: string }, never>()(
  ($) => sql`update notifications set awaits_digest = false where id in (${waitingOf(sql`${$.personId}`)})`,
)

/** What waits for a reader waits no more: what they have not read, and see, stands in this mail from now on. */
export async function takeNotices(
  { query }: CommandContext,
  reader: PersonActor,
  mailId: string,
): Promise<Taken | undefined> {
  const [taken] = (await query(take.bind({ mailId, ...viewing(reader) }))).rows
  return taken?.notices ? taken : undefined
}

/** What waits for somebody is told to nobody. */
export const letNoticesGo = async ({ query }: CommandContext, personId: string): Promise<void> =>
  void (await query(letGo.bind({ personId })))

const content = prepareSql<{ mailId: string } & Viewing, DigestedTicket & { total: number }>()(
  (
    $,
  ) => sql`with each as (select ${tickets.id} as id, ${tickets.number} as number, ${tickets.subject} as subject, n.kind, count(*)::int as count, max(n.created_at) as latest
      from ${seenNotices(viewerIn($))} where n.digest_mail_id = ${$.mailId} group by 1, 2, 3, 4)
    select number, subject, jsonb_object_agg(kind, count) as notices, count(*) over ()::int as total
    from each group by id, number, subject order by max(latest) desc, number desc limit ${sql.raw(String(TICKETS_MAX))}`,
)

/** What a digest tells, as far as its reader sees it when it is sent. */
export interface Digest {
  /** Newest first, and not too many. */
  tickets: DigestedTicket[]
  /** How many there are. */
  total: number
}

/** The content of a digest; undefined where nothing is left of it. */
export async function findDigest(
  tx: Connection,
  { id: mailId, personId }: { id: string; personId: string | null },
): Promise<Digest | undefined> {
  const reader = personId === null ? undefined : await readerOf(tx, personId)
  if (!reader) return
  const { rows } = await tx.query(content.bind({ mailId, ...viewing(reader) }))
  return rows[0] && { tickets: rows, total: rows[0].total }
}
