import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { type Actor, type Reach, reachOf } from '../../kernel/actor.ts'
import type { Term } from '../../kernel/filter.ts'
import type { List } from '../../kernel/page.ts'
import { type Viewer, viewing } from '../../kernel/viewer.ts'
import { tickets } from './table.ts'

/** A requester sees what they asked, and what was asked for the organization that shares its tickets with them, unless it is deleted. */
export const ownTickets = ({ id, shared }: Pick<Viewer, 'id' | 'shared'>): SQL =>
  sql`(${tickets.requesterId} = ${id} or ${tickets.organizationId} = ${shared}) and ${tickets.deletedAt} is null`

/** Whose role narrows what they see reads what lies with their teams, is assigned to them, or was asked by them. */
const limitedTickets = ({ id, teams }: Pick<Viewer, 'id' | 'teams'>): SQL =>
  sql`(${tickets.assigneeId} = ${id} or ${tickets.requesterId} = ${id} or ${tickets.teamId} = any(${teams}))`

/** What a WHERE says of tickets for each reach: statements of their own, so that everybody else's stay as simple as they are. */
export const visibleTickets: Record<Reach, (viewer: Viewer) => SQL | undefined> = {
  all: () => undefined,
  limited: limitedTickets,
  client: ownTickets,
}

/** One statement for each reach. */
export const byReach = <T>(
  make: (visible: (viewer: Viewer) => SQL | undefined, reach: Reach) => T,
): Record<Reach, T> => ({
  all: make(visibleTickets.all, 'all'),
  limited: make(visibleTickets.limited, 'limited'),
  client: make(visibleTickets.client, 'client'),
})

/** Whether a ticket exists for who asks, in one statement for all; the twin of `seesTicket`. */
export const seenTicket = (viewer: Viewer): SQL =>
  sql`case ${viewer.reach} when 'all' then true when 'limited' then ${limitedTickets(viewer)} else ${ownTickets(viewer)} end`

/**
 * Whether somebody who works here, `p` of the statement, sees a ticket: of those who do not ask themselves. In a statement for anybody,
 * since a role is somebody's own.
 */
export const seenByStaff = ({
  assigneeId,
  requesterId,
  teamId,
}: Record<'assigneeId' | 'requesterId' | 'teamId', SQL>): SQL =>
  sql`not exists (select 1 from roles r where r.key = p.role and r.ticket_access <> 'all' and ${assigneeId} is distinct from p.id and ${requesterId} <> p.id
    and not (r.ticket_access = 'teams' and exists (select 1 from team_members m where m.team_id = ${teamId} and m.person_id = p.id)))`

const ofLimited = (ticketId: SQLWrapper, viewer: Viewer): SQL =>
  sql`exists (select 1 from ${tickets} where ${tickets.id} = ${ticketId} and ${limitedTickets(viewer)})`

/** Whether those who work here read what hangs on a ticket, or on none: whose role narrows what they see reads that of seen tickets only. */
export const hangsOnSeen = (ticketId: SQLWrapper, viewer: Viewer): SQL =>
  sql`(${viewer.reach} <> 'limited' or ${ofLimited(ticketId, viewer)})`

/** The same for a list. */
export function listedFor<R>(list: List<R>, ticketId: SQLWrapper): (actor: Actor) => List<R> {
  const { visible } = list
  const limited: List<R> = {
    ...list,
    name: `${list.name}_limited`,
    visible: (viewer) => sql`${visible ? sql`${visible(viewer)} and ` : sql``}${ofLimited(ticketId, viewer)}`,
  }
  return (actor) => (reachOf(actor) === 'limited' ? limited : list)
}

/** What else a question about tickets must say that no list asks; nothing for those who see them all. */
export function reachTerms(actor: Actor): Term[] {
  if (reachOf(actor) !== 'limited') return []
  const { viewer, teams } = viewing(actor)
  return [
    {
      shape: 'limited',
      values: [viewer, teams],
      condition: (at) => limitedTickets({ id: at(0), teams: sql`${at(1)}::text[]` }),
    },
  ]
}
