import { defineCommand } from '../../kernel/desk.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { type Ticket, TicketAct } from './schema.ts'
import { assign, lockTicket } from './store.ts'

/** Gives an assigned ticket back to everybody; its team stays. */
export const releaseTicket = defineCommand({
  name: 'releaseTicket',
  group: 'tickets',
  input: TicketAct,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
  refuse: (actor, { ticket }) =>
    refuseAgentWork(actor, ticket) ?? (ticket.assigneeId === null ? 'not_claimed' : undefined),

  handle(context, _input, locked): Ticket {
    assign(context, locked, { assignee: null })
    return locked.ticket
  },

  answer: answeredTicket,
})
