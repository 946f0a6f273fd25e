import type { Static } from 'typebox'
import type { Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { mailboxOf } from '../mailboxes/recipient.ts'
import type { MailboxRow } from '../mailboxes/store.ts'
import type { JournalMail } from './schema.ts'
import type { InboundRow } from './store.ts'
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
  { rcptTo, ...mail }: Static<typeof JournalMail>,
  digest: { sha256: string; size: number },
): Journalled {
  const journalled = distinctRecipients(mailboxes, rcptTo).map((recipient) => {
    const row = journalRow(mailboxes, { ...mail, ...digest, rcptTo: recipient }, context.now)
    context.insert(inboundMails, row)
    if (row.workerId === null) context.enqueue({ queue: 'mail.parse', data: { inboundMailId: row.id } })
    return { id: row.id, mailboxId: row.mailboxId, rcptTo: recipient }
  })
  return { ids: journalled.map(({ id }) => id), journalled }
}

type Arrived = Pick<InboundRow, 'mailFrom' | 'rcptTo' | 'peer' | 'size' | 'sha256'> & { workerId?: string }

/** The row of a mail for one recipient, before it is read. */
export const journalRow = (
  mailboxes: readonly MailboxRow[],
  { mailFrom, rcptTo, peer, size, sha256, workerId }: Arrived,
  now: Instant,
): InboundRow => ({
  id: newId('inm'),
  // a mailbox that was removed since RCPT does not lose the mail
  mailboxId: (mailboxOf(mailboxes, rcptTo) ?? mailboxes[0])?.id ?? '',
  state: 'pending',
  receivedAt: now,
  mailFrom,
  rcptTo,
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
  releasedAt: null,
  identity: null,
})

/** One row for a mailbox; its reply addresses each lead to a ticket, so they come before its plain address. */
function distinctRecipients(mailboxes: readonly MailboxRow[], rcptTo: readonly string[]): string[] {
  const all = [...new Set(rcptTo.map((recipient) => recipient.toLowerCase()))]
  const signed = all.filter((recipient) => recipient.includes('+'))
  const covered = new Set(signed.map((recipient) => mailboxOf(mailboxes, recipient)?.id))
  return all.filter((recipient) => recipient.includes('+') || !covered.has(mailboxOf(mailboxes, recipient)?.id))
}
