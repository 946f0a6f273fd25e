import { defineCommand } from '../../kernel/desk.ts'
import { wake } from './changing.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { type Ticket, TicketAct } from './schema.ts'
import { lockTicket } from './store.ts'

/** Wakes a snoozed ticket before its time. */
export const unsnoozeTicket = defineCommand({
  name: 'unsnoozeTicket',
  group: 'tickets',
  input: TicketAct,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
  refuse: (actor, { ticket }) =>
    refuseAgentWork(actor, ticket) ?? (ticket.snoozedAt === null ? 'ticket_not_snoozed' : undefined),

  handle(context, _input, locked): Ticket {
    wake(context, locked)
    return locked.ticket
  },

  answer: answeredTicket,
})
