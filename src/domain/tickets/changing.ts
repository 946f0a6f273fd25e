import type { CommandContext } from '../../kernel/context.ts'
import { changesBetween } from '../../kernel/events.ts'
import { afterChange, type TicketRow, ticketFacts } from './decide.ts'
import type { LockedTicket } from './store.ts'
import { tickets } from './table.ts'

/** Marks that stand on a ticket beside its fields. */
type Marks = Partial<Pick<TicketRow, 'deletedAt' | 'spam' | 'snoozedAt' | 'snoozedUntil'>>

/** Writes them and tells it; nothing where it is so already. What is deleted starts no rule. */
export function mark(
  { update, emit, actor, now, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  marks: Marks,
  type: 'ticket.changed' | 'ticket.deleted' | 'ticket.restored' = 'ticket.changed',
): void {
  const before = { ...ticket }
  const changes = changesBetween(ticket, marks)
  const changed = Object.keys(changes)
  if (!changed.length) return
  update(tickets, ticket, { ...marks, ...afterChange(before, { changed }, actor, now) })
  const told = {
    ticketId: ticket.id,
    object: { type: 'ticket', id: ticket.id, version: ticket.version },
    changes,
    data: {},
    working: { ticket, ...parties },
  }
  const facts = ticketFacts({ before, after: ticket, ...parties, actor, versions })
  emit(type === 'ticket.deleted' ? { ...told, type } : { ...told, type, facts })
}

/** A snoozed ticket is worked on again: nothing where it is awake. */
export function wake(context: CommandContext, locked: LockedTicket): void {
  if (locked.ticket.snoozedAt !== null) mark(context, locked, { snoozedAt: null, snoozedUntil: null })
}
