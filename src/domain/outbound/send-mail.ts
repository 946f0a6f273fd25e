import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { bodyFrom } from '../conversations/body.ts'
import { isOurs } from '../mailboxes/recipient.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { normalised } from '../people/store.ts'
import { lockNamedTemplate } from '../templates/store.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { numbered, shownMail } from './decide.ts'
import { refuseWords } from './policy.ts'
import { queueMail, silenceOf } from './queueing.ts'
import { type OutboundMail, SendMail } from './schema.ts'
import { writtenBy } from './writing.ts'

const { ticketId: _, ...given } = SendMail.properties

/**
 * A mail about a ticket to an address that need not be anybody's here. It says what its author wrote and nothing of the ticket's
 * messages; it is automatic mail, within the budgets. What is answered to it is held for agents. An action of rules and macros.
 */
export const sendMail = defineCommand({
  name: 'sendMail',
  group: 'mail',
  input: SendMail,

  async subject({ tx, cached, settings }, { ticketId, to, template: key }) {
    const [locked, boxes, template] = await Promise.all([
      lockTicket(tx, ticketId),
      cached(mailboxesCached),
      key === undefined ? undefined : lockNamedTemplate(tx, key),
    ])
    const address = normalised('/to', to)
    return { locked, template, address, isOurOwn: isOurs(boxes, settings.replyDomain, address) }
  },

  refuse(actor, { locked, isOurOwn }, input) {
    const refusal = refuseAgentWork(actor, locked.ticket) ?? refuseWords(input)
    if (refusal) return refusal
    if (isOurOwn) return invalid('/to', 'own_address', 'is a mailbox of this desk')
  },

  handle(context, { subject, body = '', format = 'text' }, { locked, template, address }): OutboundMail {
    const { actor, cause } = context
    const { ticket, requester } = locked
    // outsiders read the template's first words, whatever the requester's language
    const about = { ...locked, requester: { ...requester, locale: null } }
    const words = template ? writtenBy(context, template, about) : { subject, ...bodyFrom(format, body) }
    const mail = queueMail(context, {
      ticketId: ticket.id,
      kind: 'automatic_mail',
      messageId: null,
      to: { id: null, name: null, email: address },
      subject: numbered(words.subject ?? ticket.subject, ticket.number),
      body: words,
      reason: `mail by ${actor.kind} ${actor.id}`,
      eventId: cause?.id ?? null,
      silence: silenceOf(context),
    })
    return shownMail(mail)
  },

  ruleAction: {
    input: Closed(given),
    refuse: refuseWords,
    async subject(working, { to, template }, { cached, settings }) {
      if (template !== undefined) return
      const locked = working as LockedTicket // what events of tickets hand on
      const address = normalised('/to', to)
      const isOurOwn = isOurs(await cached(mailboxesCached), settings.replyDomain, address)
      return { locked, template, address, isOurOwn }
    },
  },
})
