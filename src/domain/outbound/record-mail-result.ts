import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { nextAttempt } from './decide.ts'
import { lockOutboundMail } from './store.ts'
import { outboundMails } from './table.ts'

const RESPONSE_LENGTH_MAX = 500

/** What the relay said. A deferred mail gets its next job in the same transaction. Internal. */
export const recordMailResult = defineCommand({
  name: 'recordMailResult',
  group: 'mail',
  input: Closed({ outboundMailId: Id(), outcome: Type.Enum(['sent', 'deferred', 'failed']), response: Type.String() }),
  subject: ({ tx }, { outboundMailId }) => lockOutboundMail(tx, outboundMailId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle({ update, enqueue, now }, { outboundMailId, outcome, response }, mail) {
    if (mail.state === 'sent') return null // another worker's attempt came through; the Message-ID is the same
    const smtpResponse = response.slice(0, RESPONSE_LENGTH_MAX)
    if (outcome === 'sent') {
      update(outboundMails, mail, { state: 'sent', sentAt: now, smtpResponse, workerId: null, nextAttemptAt: null })
      return null
    }
    const next = outcome === 'deferred' ? nextAttempt(mail, now, Math.random()) : undefined
    update(outboundMails, mail, {
      state: next ? 'deferred' : 'failed',
      smtpResponse,
      workerId: null,
      nextAttemptAt: next ?? null,
    })
    if (next) enqueue({ queue: 'mail.send', data: { outboundMailId } }, next)
    return null
  },
})
