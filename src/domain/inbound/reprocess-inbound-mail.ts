import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { InboundMailAct, type InboundMailRow } from './schema.ts'
import { lockInboundMail, queueAgain } from './store.ts'

/** Reads a mail again that could not be read: after an update of the desk it may. What it became meanwhile gets its content. */
export const reprocessInboundMail = defineCommand({
  name: 'reprocessInboundMail',
  group: 'mail',
  input: InboundMailAct,
  subject: ({ tx }, { inboundMailId }) => lockInboundMail(tx, inboundMailId),

  refuse(actor, row) {
    if (!isAgent(actor)) return 'forbidden'
    const wasUnread = row.state === 'failed' || row.verdict === 'quarantined' || Boolean(row.outcome?.parseError)
    return row.state !== 'pending' && wasUnread ? undefined : 'mail_already_filed'
  },

  handle(context, { inboundMailId }, row): InboundMailRow {
    const shown = queueAgain(context, row, {})
    context.emit({
      type: 'mail.reprocessed',
      object: { type: 'inboundMail', id: inboundMailId, version: null },
      data: { inboundMailId },
    })
    return shown
  },
})
