import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { asAssignee, findPerson } from '../people/store.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { type Ticket, TicketAct } from './schema.ts'
import { assign, lockTicket } from './store.ts'

/** Takes an unassigned ticket for oneself. The ticket is locked, so of several who try one gets it. */
export const claimTicket = defineCommand({
  name: 'claimTicket',
  group: 'tickets',
  input: TicketAct,

  async subject({ tx, actor }, { ticketId }) {
    const [locked, claimer] = await Promise.all([lockTicket(tx, ticketId), findPerson(tx, actor.id)])
    return { ...locked, claimer }
  },

  refuse(actor, { ticket }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (actor.kind !== 'person' || !actor.supportTeam) return 'not_assignable'
    if (ticket.assigneeId !== null && ticket.assigneeId !== actor.id)
      return new Problem('already_claimed', { assigneeId: ticket.assigneeId })
  },

  handle(context, _input, { claimer, ...locked }): Ticket {
    assign(context, locked, { assignee: claimer ? asAssignee(claimer) : null })
    return locked.ticket
  },

  answer: answeredTicket,
})
