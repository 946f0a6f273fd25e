import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, named, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { changesBetween } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problems.ts'
import { people } from '../people/table.ts'
import { afterChange, type Draft, openedTicket, type Requester, type TicketRow, ticketFacts } from './decide.ts'
import { tickets } from './table.ts'

export interface LockedTicket {
  ticket: TicketRow
  requester: Requester
}

const requesterJson = sql`jsonb_build_object('id', ${people.id}, 'name', ${people.name}, 'email', ${people.email}, 'role', ${people.role}, 'locale', ${people.locale}, 'organizationId', ${people.organizationId})`

const lockable = () =>
  build
    .select({ ...rowOf(tickets), requester: named<Requester>('requester', requesterJson) })
    .from(tickets)
    .innerJoin(people, eq(people.id, tickets.requesterId))
const lockById = prepare<{ id: string }>()(($) => lockable().where(eq(tickets.id, $.id)).for('update', { of: tickets }))
const lockByNumber = prepare<{ number: number }>()(($) =>
  lockable().where(eq(tickets.number, $.number)).for('update', { of: tickets }),
)

/** The ticket by id or number, locked until the commit, with its requester. */
export async function lockTicket(tx: Connection, ref: string): Promise<LockedTicket> {
  const { id, number } = namedTicket(ref)
  const statement = number === undefined ? lockById.bind({ id }) : lockByNumber.bind({ number })
  const [row] = (await tx.query(statement)).rows
  if (!row) throw new Problem('ticket_not_found')
  const { requester, ...ticket } = row
  return { ticket, requester }
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

/** Writes an assignment and tells it; nothing when it is so already. */
export function assign(
  { update, emit, actor, now, versions }: CommandContext,
  { ticket, requester }: LockedTicket,
  to: { assigneeId?: string | null; teamId?: string | null },
): void {
  const before = { ...ticket }
  const changes = changesBetween(ticket, to)
  const changed = Object.keys(changes)
  if (!changed.length) return
  update(tickets, ticket, { ...to, ...afterChange(before, changed, actor, now) })
  const facts = ticketFacts({ before, after: ticket, requester, actor, versions })
  const { assigneeId, teamId } = ticket
  emit({
    type: 'ticket.assigned',
    ticketId: ticket.id,
    object: { type: 'ticket', id: ticket.id, version: ticket.version },
    changes,
    data: { assigneeId, teamId },
    facts,
  })
}
