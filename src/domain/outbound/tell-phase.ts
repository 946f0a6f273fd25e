import { defineCommand } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'
import { findTemplate } from '../templates/store.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { TicketAct } from '../tickets/schema.ts'
import { lockTicket } from '../tickets/store.ts'
import { vocabulary } from '../types/store.ts'
import { isProven, numbered, shownMail } from './decide.ts'
import { phase } from './letters.ts'
import { queueMail, silenceOf } from './queueing.ts'
import type { OutboundMail } from './schema.ts'
import { isOpeningProven } from './store.ts'
import { withoutTheirWords, writtenBy } from './writing.ts'

/**
 * Tells the requester by mail to which phase their ticket has come: what the template of its status says, or its name. Statuses that do
 * not say so (`notifyRequester`) are told to nobody. An action of rules and macros; automatic mail, within the budgets.
 */
export const tellPhase = defineCommand({
  name: 'tellPhase',
  group: 'mail',
  input: TicketAct,

  async subject({ tx, cached }, { ticketId }) {
    const [locked, { statuses }] = await Promise.all([lockTicket(tx, ticketId), cached(vocabulary)])
    const status = statuses.get(locked.ticket.status)
    // a template that is gone since is no reason to tell nothing
    const template = status?.notifyRequester && status.template ? await findTemplate(tx, status.template) : undefined
    const { id, channel } = locked.ticket
    // what follows long after a mail is no less proven by it
    const isKnown = template !== undefined && channel === 'email' && (await isOpeningProven(tx, id))
    return { locked, status, template, isKnown }
  },

  refuse: (actor, { locked }) => refuseAgentWork(actor, locked.ticket),
  ruleAction: { input: Closed({}) },

  handle(context, _input, { locked, status, template, isKnown }): OutboundMail | null {
    if (!status?.notifyRequester) return null
    const { actor, cause } = context
    const { ticket, requester } = locked
    const isThinned = template !== undefined && !isKnown && !isProven(ticket, cause?.facts)
    const letter = phase(status.requesterLabel ?? status.name, ticket.number)
    const words = template
      ? writtenBy(context, template, isThinned ? withoutTheirWords(locked) : locked)
      : { ...letter, bodyHtml: null }
    const mail = queueMail(context, {
      ticketId: ticket.id,
      kind: 'automatic_mail',
      messageId: null,
      to: requester,
      subject: numbered(words.subject ?? letter.subject, ticket.number),
      body: words,
      reason: `phase ${status.key} told by ${actor.kind} ${actor.id}`,
      eventId: cause?.id ?? null,
      silence: silenceOf(context),
      remark: isThinned ? 'nothing proves its requester: their words were left out' : undefined,
    })
    return shownMail(mail)
  },
})
