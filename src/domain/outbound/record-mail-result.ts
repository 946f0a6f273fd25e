import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { lockEnd } from '../tickets/store.ts'
import { isOfAccount, nextAttempt, withStep } from './decide.ts'
import { recordRefusal } from './reports.ts'
import { findSuppression, lockOutboundMail } from './store.ts'
import { outboundMails } from './table.ts'

const RESPONSE_LENGTH_MAX = 500

/** What the relay said. A deferred mail gets its next job in the same transaction; of one that failed its ticket hears. Internal. */
export const recordMailResult = defineCommand({
  name: 'recordMailResult',
  group: 'mail',
  input: Closed({ outboundMailId: Id(), outcome: Type.Enum(['sent', 'deferred', 'failed']), response: Type.String() }),

  async subject({ tx }, { outboundMailId, outcome }) {
    const mail = await lockOutboundMail(tx, outboundMailId)
    if (outcome !== 'failed' || mail.state === 'sent' || isOfAccount(mail.kind)) return { mail, isRefused: false }
    const [suppression, locked] = await Promise.all([
      findSuppression(tx, mail.to),
      mail.ticketId === null ? undefined : lockEnd(tx, mail.ticketId),
    ])
    return { mail, isRefused: true, suppression, locked }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, { outboundMailId, outcome, response }, { mail, isRefused, suppression, locked }) {
    const { update, enqueue, now } = context
    if (mail.state === 'sent') return null // another worker's attempt came through; the Message-ID is the same
    const smtpResponse = response.slice(0, RESPONSE_LENGTH_MAX)
    const trail = withStep(mail, { at: now, step: 'send', result: outcome, detail: smtpResponse })
    if (outcome === 'sent') {
      const sent = { state: 'sent' as const, sentAt: now, smtpResponse, workerId: null, nextAttemptAt: null, trail }
      update(outboundMails, mail, sent)
      return null
    }
    const next = outcome === 'deferred' ? nextAttempt(mail, now, Math.random()) : undefined
    update(outboundMails, mail, {
      state: next ? 'deferred' : 'failed',
      smtpResponse,
      workerId: null,
      nextAttemptAt: next ?? null,
      trail,
    })
    if (next) enqueue({ queue: 'mail.send', data: { outboundMailId } }, next)
    if (isRefused) recordRefusal(context, { mail, suppression, locked, inboundMailId: null }, smtpResponse)
    return null
  },
})
