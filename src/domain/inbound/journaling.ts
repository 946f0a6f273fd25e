import type { Static } from 'typebox'
import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { mailboxOf } from '../mailboxes/recipient.ts'
import type { MailboxRow } from '../mailboxes/store.ts'
import type { JournalMail } from './schema.ts'
import { inboundMails } from './table.ts'

/** The rows of an accepted mail: for each recipient one. */
export interface Journalled {
  ids: string[]
  journalled: { id: string; mailboxId: string; rcptTo: string }[]
}

/** A row for each recipient of a mail that is stored already, and a job that reads it unless a worker does so itself. */
export function insertJournal(
  context: CommandContext,
  mailboxes: readonly MailboxRow[],
  { mailFrom, rcptTo, peer, workerId }: Static<typeof JournalMail>,
  { sha256, size }: { sha256: string; size: number },
): Journalled {
  const journalled = distinctRecipients(mailboxes, rcptTo).map((recipient) => {
    const id = newId('inm')
    // a mailbox that was removed since RCPT does not lose the mail
    const mailboxId = (mailboxOf(mailboxes, recipient) ?? mailboxes[0])?.id ?? ''
    context.insert(inboundMails, {
      id,
      mailboxId,
      state: 'pending',
      receivedAt: context.now,
      mailFrom,
      rcptTo: recipient,
      peer,
      size,
      sha256,
      attempts: 0,
      workerId: workerId ?? null,
      outcome: null,
      verdict: null,
      ticketId: null,
      messageId: null,
      headerMessageId: null,
      identity: null,
    })
    if (workerId === undefined) context.enqueue({ queue: 'mail.parse', data: { inboundMailId: id } })
    return { id, mailboxId, rcptTo: recipient }
  })
  return { ids: journalled.map(({ id }) => id), journalled }
}

/** One row for a mailbox; its reply addresses each lead to a ticket, so they come before its plain address. */
function distinctRecipients(mailboxes: readonly MailboxRow[], rcptTo: readonly string[]): string[] {
  const all = [...new Set(rcptTo.map((recipient) => recipient.toLowerCase()))]
  const signed = all.filter((recipient) => recipient.includes('+'))
  const covered = new Set(signed.map((recipient) => mailboxOf(mailboxes, recipient)?.id))
  return all.filter((recipient) => recipient.includes('+') || !covered.has(mailboxOf(mailboxes, recipient)?.id))
}
