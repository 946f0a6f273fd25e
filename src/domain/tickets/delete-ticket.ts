import { defineCommand } from '../../kernel/desk.ts'
import { writeChange } from './changing.ts'
import { refuseAgentWork } from './policy.ts'
import { TicketAct } from './schema.ts'
import { lockTicket } from './store.ts'

/**
 * Takes a ticket out of everything but the list of what is deleted: mail that answers it opens another one, its queued mails are not sent,
 * rules that wait on it do nothing. Nothing of it is lost: `restoreTicket`.
 */
export const deleteTicket = defineCommand({
  name: 'deleteTicket',
  group: 'tickets',
  input: TicketAct,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
  refuse: (actor, { ticket }) => refuseAgentWork(actor, ticket),

  handle(context, _input, locked) {
    writeChange(context, locked, { deletedAt: context.now }, 'ticket.deleted')
    return { id: locked.ticket.id }
  },
})
