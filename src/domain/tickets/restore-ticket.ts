import { defineCommand } from '../../kernel/desk.ts'
import { writeChange } from './changing.ts'
import { answeredTicket, refuseAgents } from './policy.ts'
import { type Ticket, TicketAct } from './schema.ts'
import { lockTicket } from './store.ts'

/** Puts a deleted ticket back where it was. Mail that was not sent meanwhile stays in the ledger, to be sent by hand. */
export const restoreTicket = defineCommand({
  name: 'restoreTicket',
  group: 'tickets',
  input: TicketAct,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
  refuse: (actor, { ticket }) =>
    refuseAgents(actor, ticket) ?? (ticket.deletedAt === null ? 'ticket_not_deleted' : undefined),

  handle(context, _input, locked): Ticket {
    writeChange(context, locked, { deletedAt: null }, 'ticket.restored')
    return locked.ticket
  },

  answer: answeredTicket,
})
