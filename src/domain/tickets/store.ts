import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, named, prepareLock, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { changesBetween } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problems.ts'
import type { MessageRow } from '../conversations/decide.ts'
import type { OrganizationFacts } from '../organizations/schema.ts'
import { people } from '../people/table.ts'
import type { Firings } from '../rules/firings.ts'
import {
  type Assignee,
  afterChange,
  type Draft,
  openedTicket,
  type Party,
  type Requester,
  type TicketRow,
  ticketFacts,
} from './decide.ts'
import { tickets } from './table.ts'

/** The rows of a ticket's event, as its transaction holds them. */
export type Working = LockedTicket & { message?: MessageRow }

export interface LockedTicket {
  ticket: TicketRow
  requester: Requester
  /** Who receives its public replies beside the requester. */
  followers: Party[]
  assignee: Assignee | null
  /** Whom it is asked for, unless that is no more. */
  organization: OrganizationFacts | null
  /** What fired on it within the hour, where somebody has asked before rules do: they need no statement of their own then. */
  firings?: Firings
}

const requesterJson = sql`jsonb_build_object('id', ${people.id}, 'name', ${people.name}, 'email', ${people.email}, 'role', ${people.actsAs}, 'locale', ${people.locale}, 'organizationId', ${people.organizationId})`

const followersJson = sql`coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'email', f.email) order by t.created_at, f.id)
  from ticket_followers t join people f on f.id = t.person_id where t.ticket_id = ${tickets.id} and f.disabled_at is null), '[]')`
const assigneeJson = sql`(select jsonb_build_object('id', a.id, 'name', a.name, 'email', a.email, 'notices', a.notices)
  from people a where a.id = ${tickets.assigneeId} and a.disabled_at is null)`

const organizationJson = sql`(select jsonb_build_object('id', o.id, 'name', o.name, 'domains', o.domains)
  from organizations o where o.id = ${tickets.organizationId})`

/** Tickets with everybody who is to hear of them, to be locked or read. */
export const lockable = () =>
  build
    .select({
      ...rowOf(tickets),
      requester: named<Requester>('requester', requesterJson),
      followers: named<Party[]>('followers', followersJson),
      assignee: named<Assignee | null>('assignee', assigneeJson),
      organization: named<OrganizationFacts | null>('organization', organizationJson),
    })
    .from(tickets)
    .innerJoin(people, eq(people.id, tickets.requesterId))
const lockById = prepareLock<{ id: string }>()(tickets, ($) => lockable().where(eq(tickets.id, $.id)), { merges: true })
const lockByNumber = prepareLock<{ number: number }>()(tickets, ($) => lockable().where(eq(tickets.number, $.number)))

/** The ticket by id or number, locked until the commit, with everybody who is to hear of it. */
export async function lockTicket(tx: Connection, ref: string): Promise<LockedTicket> {
  const { id, number } = namedTicket(ref)
  const statement = number === undefined ? lockById.bind({ id }) : lockByNumber.bind({ number })
  const [row] = (await tx.query(statement)).rows
  if (!row) throw new Problem('ticket_not_found')
  return lockedFrom(row)
}

type LockableRow = TicketRow & Omit<LockedTicket, 'ticket'>

/** A row of `lockable`, its ticket apart. */
export function lockedFrom({ requester, followers, assignee, organization, ...ticket }: LockableRow): LockedTicket {
  return { ticket, requester, followers, assignee, organization }
}

/** The ticket as which one goes on: itself, or that into which it was merged. Locked like the other. */
export async function lockEnd(tx: Connection, id: string): Promise<LockedTicket> {
  const locked = await lockTicket(tx, id)
  return locked.ticket.mergedIntoId === null ? locked : lockTicket(tx, locked.ticket.mergedIntoId)
}

/** What a reference names: an id, or a number. What can be neither names no ticket. */
export function namedTicket(ref: string): { id: string; number?: undefined } | { id?: undefined; number: number } {
  if (/^[1-9]\d{0,8}$/.test(ref)) return { number: Number(ref) }
  return { id: ref }
}

const drawNumber = prepareSql<object, { number: number }>()(() => sql`select nextval('ticket_number')::int as number`)

/** The next number; gaps are allowed. */
export async function nextNumber(tx: Connection): Promise<number> {
  const [row] = (await tx.query(drawNumber.bind({}))).rows
  if (!row) throw new Error('a sequence gave no number')
  return row.number
}

/** A ticket with the ids of its two conversations. */
export function insertTicket(
  { insert, now }: CommandContext,
  draft: Omit<Draft, 'id' | 'customerConversationId' | 'internalConversationId'>,
): TicketRow {
  const ticket = openedTicket(
    { ...draft, id: newId('tkt'), customerConversationId: newId('cnv'), internalConversationId: newId('cnv') },
    now,
  )
  insert(tickets, ticket)
  return ticket
}

/** What hangs on a ticket has changed: whoever has read it without a lock finds that its row is another one. */
export const touchTicket = ({ update }: Pick<CommandContext, 'update'>, ticket: TicketRow): void =>
  update(tickets, ticket, { version: ticket.version })

/** Writes an assignment and tells it; nothing when it is so already. */
export function assign(
  { update, emit, actor, now, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  to: { assignee?: Assignee | null; teamId?: string | null; strategy?: string; reason?: string },
): void {
  const before = { ...ticket }
  const { assignee = parties.assignee, teamId = ticket.teamId } = to
  const wanted = { ...(to.assignee === undefined ? {} : { assigneeId: to.assignee?.id ?? null }), teamId }
  const changes = changesBetween(ticket, wanted)
  const changed = Object.keys(changes)
  if (!changed.length) return
  update(tickets, ticket, { ...wanted, ...afterChange(before, { changed }, actor, now) })
  const facts = ticketFacts({ before, after: ticket, ...parties, assignee, actor, versions })
  emit({
    type: 'ticket.assigned',
    ticketId: ticket.id,
    object: { type: 'ticket', id: ticket.id, version: ticket.version },
    changes,
    data: {
      assigneeId: ticket.assigneeId,
      teamId: ticket.teamId,
      strategy: to.strategy ?? null,
      reason: to.reason ?? null,
    },
    facts,
    working: { ticket, ...parties, assignee },
  })
}
