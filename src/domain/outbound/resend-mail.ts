import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { isUndeliverable, type OutboundRow } from './decide.ts'
import type { OutboundMail } from './schema.ts'
import { lockOutboundMail } from './store.ts'
import { outboundMails } from './table.ts'

/** Sends a mail again, with the same Message-ID: one that failed, was never routed, or is said not to have come. */
export const resendMail = defineCommand({
  name: 'resendMail',
  group: 'mail',
  input: Closed({ outboundMailId: Id() }),
  subject: ({ tx }, { outboundMailId }) => lockOutboundMail(tx, outboundMailId),

  refuse(actor, mail) {
    if (!isAgent(actor))
      return actor.kind === 'person' && actor.role === 'requester' ? 'outbound_mail_not_found' : 'forbidden'
    if (mail.state === 'queued' || mail.state === 'deferred') return 'mail_not_resendable'
    if (isUndeliverable(mail.to)) return new Problem('mail_not_resendable', { detail: 'Nobody can have this address.' })
  },

  handle({ update, enqueue, settings }, { outboundMailId }, mail): OutboundMail {
    const state = settings.mailIsRouted ? 'queued' : 'unrouted'
    update(outboundMails, mail, { state, workerId: null, nextAttemptAt: null })
    if (state === 'queued') enqueue({ queue: 'mail.send', data: { outboundMailId } })
    return shown(mail)
  },
})

const shown = ({ workerId: _w, toName: _n, nextAttemptAt: _a, ...mail }: OutboundRow): OutboundMail => mail
