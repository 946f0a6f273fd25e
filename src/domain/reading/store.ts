import { and, eq, type SQLWrapper, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { type Actor, isStaff } from '../../kernel/actor.ts'
import { messages } from '../conversations/table.ts'
import { oneTicket } from '../tickets/queries.ts'
import { type ReadState, UNREAD_MAX } from './schema.ts'
import { ticketReads } from './table.ts'

/** Two first marks by one person at once: the second is run again. */
export const MARK_CONSTRAINT = 'ticket_reads_person_id_ticket_id_pk'

const lock = prepare<{ personId: string; ticketId: string }>()(($) =>
  build
    .select(rowOf(ticketReads))
    .from(ticketReads)
    .where(and(eq(ticketReads.personId, $.personId), eq(ticketReads.ticketId, $.ticketId)))
    .for('update'),
)

export const lockMark = async (tx: Connection, personId: string, ticketId: string) =>
  (await tx.query(lock.bind({ personId, ticketId }))).rows[0]

const readable = prepareSql<{ ticketId: string; messageId: string | null; staff: boolean }, { id: string }>()(
  (
    $,
  ) => sql`select id from ${messages} where ticket_id = ${$.ticketId} and (${$.messageId}::text is null or id = ${$.messageId})
    and (${$.staff}::boolean or (visibility = 'public' and not held)) order by id desc limit 1`,
)

export const forgetMark = prepareSql<{ personId: string; ticketId: string }, never>()(
  ($) => sql`delete from ${ticketReads} where person_id = ${$.personId} and ticket_id = ${$.ticketId}`,
)

/** The id behind a reference, where this actor sees the ticket. */
export async function findVisible(tx: Connection, actor: Actor, ref: string): Promise<string | undefined> {
  return (await tx.query(oneTicket(ref, actor))).rows[0]?.id
}

/** A message of the ticket that this actor may read: the one that is named, or the latest. */
export async function findReadable(tx: Connection, actor: Actor, ticketId: string, messageId: string | null) {
  const [row] = (await tx.query(readable.bind({ ticketId, messageId, staff: isStaff(actor) }))).rows
  return row?.id
}

const byOthers = (personId: SQLWrapper, staff: SQLWrapper) =>
  sql`m.author_id is distinct from ${personId} and (${staff}::boolean or (m.visibility = 'public' and not m.held))`

interface Asked {
  ids: string[]
  personId: string
  staff: boolean
}

const states = prepareSql<Asked, ReadState>()(
  (
    $,
  ) => sql`select asked.id as "ticketId", r.message_id as "lastReadMessageId", r.read_at as "readAt", unread.count as unread
    from unnest(${$.ids}::text[]) as asked(id)
    left join ticket_reads r on r.person_id = ${$.personId} and r.ticket_id = asked.id
    cross join lateral (select count(*)::int from (
      select 1 from messages m where m.ticket_id = asked.id and m.id > coalesce(r.message_id, '') and ${byOthers($.personId, $.staff)} limit ${sql.raw(String(UNREAD_MAX))}) counted) as unread(count)`,
)

const later = prepareSql<
  { ticketId: string; messageId: string; personId: string; staff: boolean },
  { count: number }
>()(
  (
    $,
  ) => sql`select count(*)::int as count from (select 1 from messages m where m.ticket_id = ${$.ticketId} and m.id > ${$.messageId}
    and ${byOthers($.personId, $.staff)} limit ${sql.raw(String(UNREAD_MAX))}) counted`,
)

/** How many messages by others a person has before them after one of a ticket. */
export async function unreadAfter(tx: Connection, actor: Actor, ticketId: string, messageId: string): Promise<number> {
  const [row] = (await tx.query(later.bind({ ticketId, messageId, personId: actor.id, staff: isStaff(actor) }))).rows
  return row?.count ?? 0
}

/** How far this person has read these tickets, which they see. */
export const readStatesOf = async (tx: Connection, actor: Actor, ids: string[]): Promise<ReadState[]> =>
  (await tx.query(states.bind({ ids, personId: actor.id, staff: isStaff(actor) }))).rows
