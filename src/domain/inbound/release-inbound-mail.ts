import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { InboundMailAct, type InboundMailRow, type Verdict } from './schema.ts'
import { lockInboundMail, queueAgain } from './store.ts'

/** What a person may find to be wrong: everything but what is on a ticket as what it is. */
const RELEASABLE: ReadonlySet<Verdict | null> = new Set<Verdict | null>([
  'quarantined',
  'rejected',
  'ignored',
  'auto_reply_recorded',
  'bounce_recorded',
  'feedback_recorded',
  'receipt_recorded',
])

/** A person wrote this mail, whatever its marks say: it is filed once more, like any other. */
export const releaseInboundMail = defineCommand({
  name: 'releaseInboundMail',
  group: 'mail',
  input: InboundMailAct,
  subject: ({ tx }, { inboundMailId }) => lockInboundMail(tx, inboundMailId),

  refuse(actor, row) {
    if (!isAgent(actor)) return 'forbidden'
    const isDone = row.state !== 'pending' && row.releasedAt === null
    return isDone && RELEASABLE.has(row.verdict as Verdict | null) ? undefined : 'mail_already_filed' // fileMail wrote it
  },

  handle(context, { inboundMailId }, row): InboundMailRow {
    const shown = queueAgain(context, row, { releasedAt: context.now })
    context.emit({
      type: 'mail.released',
      object: { type: 'inboundMail', id: inboundMailId, version: null },
      data: { inboundMailId },
    })
    return shown
  },
})
