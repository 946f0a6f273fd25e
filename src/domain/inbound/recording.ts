import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { insertRecord } from '../conversations/store.ts'
import type { InboundMail } from '../mail/schema.ts'
import { recordBounce, recordComplaint, recordReceipt } from '../outbound/reports.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { bodyOf } from './content.ts'
import type { Found, Written } from './found.ts'
import { rememberMail } from './remember.ts'

/** What a machine sent about a ticket: kept there for agents, and told to the mail of ours that it is about. It is no activity. */
export function recordMachineMail(
  context: CommandContext,
  mail: InboundMail,
  found: Found & { locked: LockedTicket },
): Written {
  const { locked, row, reported } = found
  const { id: ticketId, number } = locked.ticket
  const messageId = newId('msg')
  insertRecord(context, locked, {
    id: messageId,
    author: mail.kind === 'auto_reply' ? (found.person?.id ?? null) : null,
    body: bodyOf(mail),
    attachments: [],
    mail: { inReplyTo: mail.inReplyTo, held: false, verified: false },
  })
  rememberMail(context, ticketId, mail, { sender: null, filing: { held: true, takesCc: false }, others: [] })
  if (reported) {
    const about = { ...reported, locked, inboundMailId: row.id }
    if (mail.kind === 'bounce') recordBounce(context, about, mail.bounce)
    if (mail.kind === 'feedback') recordComplaint(context, about)
    if (mail.kind === 'receipt') recordReceipt(context, about)
  }
  return { ticketId, messageId, number }
}
