import { isAgent, isStaff } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { isSuppressed, isUndeliverable, RESENT, shownMail, withStep } from './decide.ts'
import type { OutboundMail } from './schema.ts'
import { findSuppression, lockOutboundMail } from './store.ts'
import { outboundMails } from './table.ts'

/** Sends a mail again, with the same Message-ID: one that failed, was never routed, or is said not to have come. */
export const resendMail = defineCommand({
  name: 'resendMail',
  group: 'mail',
  input: Closed({ outboundMailId: Id() }),

  async subject({ tx }, { outboundMailId }) {
    const mail = await lockOutboundMail(tx, outboundMailId)
    return { mail, suppression: await findSuppression(tx, mail.to) }
  },

  refuse(actor, { mail, suppression }) {
    if (!isAgent(actor)) return !isStaff(actor) ? 'outbound_mail_not_found' : 'forbidden'
    if (mail.state === 'queued' || mail.state === 'deferred') return 'mail_not_resendable'
    if (isUndeliverable(mail.to)) return new Problem('mail_not_resendable', { detail: 'Nobody can have this address.' })
    if (isSuppressed(suppression, mail.kind))
      return new Problem('mail_not_resendable', { detail: 'The address is suppressed; take that back first.' })
  },

  handle({ update, enqueue, settings, actor, now }, { outboundMailId }, { mail }): OutboundMail {
    const state = settings.mailIsRouted ? 'queued' : 'unrouted'
    const trail = withStep(mail, { at: now, step: RESENT, result: state, detail: `by ${actor.id}` })
    update(outboundMails, mail, { state, workerId: null, nextAttemptAt: null, trail })
    if (state === 'queued') enqueue({ queue: 'mail.send', data: { outboundMailId } })
    return shownMail(mail)
  },
})
