import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import type { MailOutcome } from './schema.ts'
import { lockInboundMail } from './store.ts'
import { inboundMails } from './table.ts'

const outcome: MailOutcome = {
  verdict: 'quarantined',
  reason: 'It could not be filed, however often it was tried; the raw message is kept.',
  ticketNumber: null,
  ticketId: null,
  held: false,
  verified: null,
  autorespond: false,
  forward: null,
  bounce: null,
  parseError: 'parse_failed',
  trace: [{ step: 'file', result: 'failed', detail: null }],
}

/** Gives up on a mail that nothing can be made of: it stays in the journal for a person to look at. Internal. */
export const failInboundMail = defineCommand({
  name: 'failInboundMail',
  group: 'mail',
  input: Closed({ inboundMailId: Id() }),
  subject: ({ tx }, { inboundMailId }) => lockInboundMail(tx, inboundMailId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle({ update, emit }, { inboundMailId }, row) {
    if (row.state !== 'pending') return null
    update(inboundMails, row, { state: 'failed', verdict: 'quarantined', outcome, workerId: null })
    emit({
      type: 'mail.received',
      object: { type: 'inboundMail', id: inboundMailId, version: null },
      data: { inboundMailId, verdict: 'quarantined' },
    })
    return null
  },
})
