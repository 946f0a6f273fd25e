import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { type Actor, reachOf } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import { type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { seenTicket } from '../tickets/reach.ts'
import { namedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { CHILDREN_MAX, LINKS_MAX, type Place, TREE_DEPTH_MAX } from './decide.ts'
import type { ticketLinks } from './table.ts'

export type LinkRow = typeof ticketLinks.$inferSelect

// Two moves that each look fine can make a ring together: they happen one after another, and are rare.
const TREE_LOCK = 7_261_004
const lock = prepareSql<object, never>()(() => sql`select pg_advisory_xact_lock(${sql.raw(String(TREE_LOCK))})`)

/** Nobody else moves tickets in the tree until the commit. Before any ticket is locked. */
export const lockTree = async (tx: Connection): Promise<void> => void (await tx.query(lock.bind({})))

const byRef = prepare<{ id: string | null; number: number | null }>()(($) =>
  build
    .select({ id: rowOf(tickets).id })
    .from(tickets)
    .where(sql`${tickets.id} = ${$.id} or ${tickets.number} = ${$.number}`),
)

/** The id behind a reference, where there is such a ticket: also one that is deleted or merged. */
async function findTicketId(connection: Connection, ref: string): Promise<string | undefined> {
  const { id = null, number = null } = namedTicket(ref)
  return (await connection.query(byRef.bind({ id, number }))).rows[0]?.id
}

const endByRef = prepareSql<{ id: string | null; number: number | null } & Viewing, { id: string }>()(
  (
    $,
  ) => sql`select ${tickets.id} from tickets named join ${tickets} on ${tickets.id} = coalesce(named.merged_into_id, named.id)
    where (named.id = ${$.id} or named.number = ${$.number}) and ${tickets.deletedAt} is null and ${seenTicket(viewerIn($))}`,
)

/** The ticket as which what a reference names goes on: itself, or that into which it was merged. None where it is deleted, or not seen. */
export async function findLivingId(connection: Connection, ref: string, actor: Actor): Promise<string | undefined> {
  const { id = null, number = null } = namedTicket(ref)
  return (await connection.query(endByRef.bind({ id, number, ...viewing(actor) }))).rows[0]?.id
}

const LEVELS = sql.raw(String(TREE_DEPTH_MAX + 1))
const place = prepareSql<{ parentId: string; ticketId: string | null }, Place>()(
  ($) => sql`with recursive up as (
      select t.id, t.parent_id, 1 as level from tickets named join tickets t on t.id = coalesce(named.merged_into_id, named.id)
        where named.id = ${$.parentId}
      union all select t.id, t.parent_id, up.level + 1 from up join tickets named on named.id = up.parent_id
        join tickets t on t.id = coalesce(named.merged_into_id, named.id) where up.level < ${LEVELS}
    ), down as (
      select id, 0 as level from tickets where id = ${$.ticketId}
      union all select t.id, down.level + 1 from down join tickets t on t.parent_id = down.id
        or t.parent_id in (select shell.id from tickets shell where shell.merged_into_id = down.id) where down.level < ${LEVELS}
    )
    select array(select id from up order by level) as ancestors, coalesce((select max(level) from down), 0)::int as height,
      (select count(*)::int from (select from tickets where parent_id = ${$.parentId} limit ${sql.raw(String(CHILDREN_MAX))}) as parts) as children`,
)

/** Where a ticket, or a new one, would stand as a part of another. The tree is locked. */
export async function placeBelow(
  tx: Pick<CommandContext, 'query'>,
  parentId: string,
  ticketId: string | null,
): Promise<Place> {
  const [found] = (await tx.query(place.bind({ parentId, ticketId }))).rows
  if (!found) throw new Error('a place has a row')
  return found
}

const ofTicket = prepareSql<{ ticketId: string }, LinkRow>()(
  ($) => sql`with self as (select id from tickets where id = ${$.ticketId} or merged_into_id = ${$.ticketId})
    select l.id, l.kind, f.id as "fromId", t.id as "toId", l.created_by_id as "createdById", l.created_at as "createdAt"
    from ticket_links l join tickets lf on lf.id = l.from_id join tickets f on f.id = coalesce(lf.merged_into_id, lf.id)
      join tickets lt on lt.id = l.to_id join tickets t on t.id = coalesce(lt.merged_into_id, lt.id)
    where (l.from_id in (select id from self) or l.to_id in (select id from self)) and f.id <> t.id
      and (f.deleted_at is null or f.id = ${$.ticketId}) and (t.deleted_at is null or t.id = ${$.ticketId})
    order by l.id limit ${sql.raw(String(2 * LINKS_MAX))}`,
)

/** All links of a ticket and of those that were merged into it, in both directions, the oldest first; not to what is deleted. */
export const linksOf = async (connection: Connection, ticketId: string): Promise<LinkRow[]> =>
  (await connection.query(ofTicket.bind({ ticketId }))).rows

const seenOf = prepareSql<{ ids: string[] } & Viewing, { id: string }>()(
  ($) =>
    sql`select ${tickets.id} from ${tickets} where ${tickets.id} = any(${$.ids}::text[]) and ${seenTicket(viewerIn($))}`,
)

/** The same for a reader: no link to what they do not see. */
export async function linksSeen(connection: Connection, ticketId: string, actor: Actor): Promise<LinkRow[]> {
  const links = await linksOf(connection, ticketId)
  if (reachOf(actor) === 'all' || !links.length) return links
  const ids = [...new Set(links.flatMap(({ fromId, toId }) => [fromId, toId]))]
  const seen = new Set((await connection.query(seenOf.bind({ ids, ...viewing(actor) }))).rows.map(({ id }) => id))
  return links.filter(({ fromId, toId }) => seen.has(fromId) && seen.has(toId))
}

/** A ticket that the caller may name, or the problem of one that is not there. */
export async function ticketIdOf(connection: Connection, ref: string): Promise<string> {
  const id = await findTicketId(connection, ref)
  if (id === undefined) throw new Problem('ticket_not_found')
  return id
}

/** Both tickets are told of it. */
export function tellOfLink(
  { emit }: Pick<CommandContext, 'emit'>,
  type: 'ticket.linked' | 'ticket.unlinked',
  { id: linkId, kind, fromId, toId }: LinkRow,
): void {
  const object = { type: 'link', id: linkId, version: null }
  for (const ticketId of [fromId, toId]) emit({ type, ticketId, object, data: { linkId, kind, fromId, toId } })
}
