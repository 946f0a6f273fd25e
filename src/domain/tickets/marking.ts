import { defineCommand } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'
import { writeChange } from './changing.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { type Ticket, TicketAct } from './schema.ts'
import { type LockedTicket, lockTicket } from './store.ts'

/** A command that says of a ticket that it is spam, or that it is none. */
export const marking = (name: string, spam: boolean) =>
  defineCommand({
    name,
    group: 'tickets',
    input: TicketAct,
    subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
    refuse: (actor, { ticket }) => refuseAgentWork(actor, ticket),
    ruleAction: {
      input: Closed({}),
      subject: (working) => working as LockedTicket, // what events of tickets hand on
    },

    handle(context, _input, locked): Ticket {
      writeChange(context, locked, { spam })
      return locked.ticket
    },

    answer: answeredTicket,
  })
