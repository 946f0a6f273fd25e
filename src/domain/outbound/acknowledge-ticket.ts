import { defineCommand } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { TicketAct } from '../tickets/schema.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { shownMail } from './decide.ts'
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

  refuse(actor, { ticket, isRepeat }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (isRepeat) return 'already_acknowledged'
  },

  handle(context, _input, { ticket, requester }): OutboundMail {
    const reason = `acknowledged by ${context.actor.kind} ${context.actor.id}`
    const eventId = context.cause?.id ?? null
    return shownMail(acknowledge(context, { ticketId: ticket.id, requester, eventId, reason }))
  },

  ruleAction: {
    input: NoInput,
    // a ticket of this very transaction was never acknowledged
    subject(working, _input, { now }) {
      const held = working as LockedTicket // what events of tickets hand on
      return held.ticket.createdAt === now ? { ...held, isRepeat: false } : undefined
    },
  },
})
