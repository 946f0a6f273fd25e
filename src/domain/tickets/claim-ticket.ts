import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseAgentWork, ticketFor } from './policy.ts'
import { TicketAct } from './schema.ts'
import { assign, lockTicket } from './store.ts'

/** Takes an unassigned ticket for oneself. The ticket is locked, so of several who try one gets it. */
export const claimTicket = defineCommand({
  name: 'claimTicket',
  group: 'tickets',
  input: TicketAct,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),

  refuse(actor, { ticket }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (actor.kind !== 'person' || !actor.supportTeam) return 'not_assignable'
    if (ticket.assigneeId !== null && ticket.assigneeId !== actor.id)
      return new Problem('already_claimed', { assigneeId: ticket.assigneeId })
  },

  handle(context, _input, locked) {
    assign(context, locked, { assigneeId: context.actor.id })
    return ticketFor(context.actor, locked.ticket)
  },
})
