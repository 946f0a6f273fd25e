import { defineCommand } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'
import { mark } from './changing.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { type Ticket, TicketAct } from './schema.ts'
import { type LockedTicket, lockTicket } from './store.ts'

/** It was none after all. What was not mailed meanwhile stays in the ledger, to be sent by hand. */
export const unmarkAsSpam = defineCommand({
  name: 'unmarkAsSpam',
  group: 'tickets',
  input: TicketAct,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
  refuse: (actor, { ticket }) => refuseAgentWork(actor, ticket),
  ruleAction: {
    input: Closed({}),
    subject: (working) => working as LockedTicket, // what events of tickets hand on
  },

  handle(context, _input, locked): Ticket {
    mark(context, locked, { spam: false })
    return locked.ticket
  },

  answer: answeredTicket,
})
