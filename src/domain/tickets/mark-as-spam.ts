import { defineCommand } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'
import { mark } from './changing.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { type Ticket, TicketAct } from './schema.ts'
import { type LockedTicket, lockTicket } from './store.ts'

/** Spam is left out of lists, views and queues, and nothing automatic is mailed to its requester. Further mail of it stays on it. */
export const markAsSpam = defineCommand({
  name: 'markAsSpam',
  group: 'tickets',
  input: TicketAct,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
  refuse: (actor, { ticket }) => refuseAgentWork(actor, ticket),
  ruleAction: {
    input: Closed({}),
    subject: (working) => working as LockedTicket, // what events of tickets hand on
  },

  handle(context, _input, locked): Ticket {
    mark(context, locked, { spam: true })
    return locked.ticket
  },

  answer: answeredTicket,
})
