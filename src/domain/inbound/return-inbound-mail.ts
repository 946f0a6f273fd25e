import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { lockInboundMail } from './store.ts'
import { inboundMails } from './table.ts'

/** A worker gives back a mail that it could not file: a job reads it, here or elsewhere. Nothing when it is filed or another's. Internal. */
export const returnInboundMail = defineCommand({
  name: 'returnInboundMail',
  group: 'mail',
  input: Closed({ inboundMailId: Id(), workerId: Type.String({ maxLength: 64 }) }),
  subject: ({ tx }, { inboundMailId }) => lockInboundMail(tx, inboundMailId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle({ update, enqueue }, { inboundMailId, workerId }, row) {
    if (row.state !== 'pending' || row.workerId !== workerId) return null
    update(inboundMails, row, { workerId: null })
    enqueue({ queue: 'mail.parse', data: { inboundMailId } })
    return null
  },
})
