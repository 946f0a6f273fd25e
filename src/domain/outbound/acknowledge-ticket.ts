import { defineCommand } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'
import { lockNamedTemplate } from '../templates/store.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { isProven, numbered, shownMail } from './decide.ts'
import { ACKNOWLEDGED } from './letters.ts'
import { queueMail, silenceOf } from './queueing.ts'
import { AcknowledgeTicket, type OutboundMail } from './schema.ts'
import { wasAcknowledged } from './store.ts'
import { withoutTheirWords, writtenBy } from './writing.ts'

/**
 * Tells the requester by mail that their message has arrived, once for each ticket: the number and the mailbox's name (`letters.ts`),
 * or what a template says. To whom nothing proves that they have written, it carries no word of theirs (R22).
 */
export const acknowledgeTicket = defineCommand({
  name: 'acknowledgeTicket',
  group: 'mail',
  input: AcknowledgeTicket,

  async subject({ tx }, { ticketId, template: key }) {
    const [locked, template] = await Promise.all([
      lockTicket(tx, ticketId),
      key === undefined ? undefined : lockNamedTemplate(tx, key),
    ])
    return { ...locked, template, isRepeat: await wasAcknowledged(tx, locked.ticket.id) }
  },

  refuse(actor, { ticket, isRepeat }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (isRepeat) return 'already_acknowledged'
  },

  handle(context, _input, { template, isRepeat: _, ...locked }): OutboundMail {
    const { ticket, requester } = locked
    const { actor, cause } = context
    const isThinned = template !== undefined && !isProven(ticket, cause?.facts)
    const words = template && writtenBy(context, template, isThinned ? withoutTheirWords(locked) : locked)
    const mail = queueMail(context, {
      ticketId: ticket.id,
      kind: 'acknowledgement',
      messageId: null,
      to: requester,
      subject: words ? numbered(words.subject ?? ACKNOWLEDGED, ticket.number) : ACKNOWLEDGED,
      ...(words ? { body: words } : {}),
      reason: `acknowledged by ${actor.kind} ${actor.id}`,
      eventId: cause?.id ?? null,
      silence: silenceOf(context),
      remark: isThinned ? 'nothing proves its requester: their words were left out' : undefined,
    })
    return shownMail(mail)
  },

  ruleAction: {
    input: Closed({ template: AcknowledgeTicket.properties.template }),
    // a ticket of this very transaction was never acknowledged
    subject(working, { template }, { now }) {
      const held = working as LockedTicket // what events of tickets hand on
      if (template !== undefined || held.ticket.createdAt !== now) return
      return { ...held, template, isRepeat: false }
    },
  },
})
