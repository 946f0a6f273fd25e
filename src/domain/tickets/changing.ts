import type { CommandContext } from '../../kernel/context.ts'
import { changesBetween } from '../../kernel/events.ts'
import { afterChange, type TicketRow, ticketFacts } from './decide.ts'
import type { LockedTicket } from './store.ts'
import { tickets } from './table.ts'

/**
 * Writes what is wanted of a ticket and tells what differs; nothing where it is so already. What follows from a word is written and not
 * told: the rank of a priority, the moment of a status. What is deleted starts no rule.
 */
export function writeChange(
  { update, emit, actor, now, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  wanted: Partial<TicketRow>,
  type: 'ticket.changed' | 'ticket.deleted' | 'ticket.restored' = 'ticket.changed',
): void {
  const before = { ...ticket }
  const { priorityRank: _rank, statusEnteredAt: _since, ...changes } = changesBetween(before, wanted)
  const changed = Object.keys(changes)
  if (!changed.length) return
  update(tickets, ticket, { ...wanted, ...afterChange(before, { changed }, actor, now) })
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
  if (locked.ticket.snoozedAt !== null) writeChange(context, locked, { snoozedAt: null, snoozedUntil: null })
}
