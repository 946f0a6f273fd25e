import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { TicketAct } from '../tickets/schema.ts'
import { lockTicket } from '../tickets/store.ts'
import { isUndeliverable, shownMail } from './decide.ts'
import { acknowledge } from './queueing.ts'
import type { OutboundMail } from './schema.ts'
import { wasAcknowledged } from './store.ts'

/** Tells the requester by mail that their message has arrived: the number and the mailbox's name, once for each ticket. */
export const acknowledgeTicket = defineCommand({
  name: 'acknowledgeTicket',
  group: 'mail',
  input: TicketAct,

  async subject({ tx }, { ticketId }) {
    const locked = await lockTicket(tx, ticketId)
    return { ...locked, isRepeat: await wasAcknowledged(tx, locked.ticket.id) }
  },

  refuse(actor, { ticket, requester, isRepeat }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (isRepeat) return 'already_acknowledged'
    if (isUndeliverable(requester.email))
      return new Problem('mail_not_resendable', { detail: 'Nobody can have this address.' })
  },

  handle(context, _input, { ticket, requester }): OutboundMail {
    const reason = `acknowledged by ${context.actor.kind} ${context.actor.id}`
    return shownMail(acknowledge(context, { ticketId: ticket.id, requester, eventId: null, reason }))
  },
})
