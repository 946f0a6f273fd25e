import type { CommandContext } from '../../kernel/context.ts'
import type { MessageRow } from '../conversations/decide.ts'
import { messages } from '../conversations/table.ts'
import type { InboundMail } from '../mail/schema.ts'
import { bodyOf } from './content.ts'
import { storeAttachments } from './files.ts'
import type { MailOutcome } from './schema.ts'
import type { InboundRow } from './store.ts'
import { inboundMails } from './table.ts'

/** A mail that was filed unread, read at last: its message gets what it says, and stays where it is. The raw message stays attached. */
export async function readAgain(
  context: CommandContext,
  mail: InboundMail,
  row: InboundRow,
  message: MessageRow,
): Promise<MailOutcome | null> {
  const { autorespond, forward, bounce, parseError } = mail
  const outcome = row.outcome && { ...row.outcome, autorespond, forward, bounce, parseError }
  context.update(inboundMails, row, { state: 'done', workerId: null, verdict: outcome?.verdict ?? null, outcome })
  if (parseError) return outcome
  const owner = { ticketId: message.ticketId, messageId: message.id, uploadedById: message.authorId }
  const stored = await storeAttachments(context, mail, row, owner)
  const { bodyText, bodyHtml, visibleText, quotedText } = bodyOf(mail)
  context.update(messages, message, {
    bodyText,
    bodyHtml,
    visibleText: visibleText ?? bodyText,
    quotedText,
    attachments: [...message.attachments, ...stored],
  })
  return outcome
}
