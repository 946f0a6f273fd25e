import { putBlob } from '../../kernel/blobs.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { mailboxOf } from '../mailboxes/recipient.ts'
import { type MailboxRow, mailboxesCached } from '../mailboxes/store.ts'
import { JournalMail } from './schema.ts'
import { inboundMails } from './table.ts'

/**
 * Writes an accepted mail before its 250: the raw message, a row for each recipient, and the jobs that read it, unless the worker
 * that brings it does so itself. Internal.
 */
export const journalMail = defineCommand({
  name: 'journalMail',
  group: 'mail',
  input: JournalMail,
  subject: ({ cached }) => cached(mailboxesCached),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, { mailFrom, rcptTo, peer, content, workerId = null }, mailboxes) {
    const { sha256, size } = await putBlob(context, content, context.now)
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
        workerId,
        outcome: null,
        verdict: null,
        ticketId: null,
        messageId: null,
        headerMessageId: null,
        identity: null,
      })
      if (workerId === null) context.enqueue({ queue: 'mail.parse', data: { inboundMailId: id } })
      return { id, mailboxId, rcptTo: recipient }
    })
    return { ids: journalled.map(({ id }) => id), journalled }
  },
})

/** One row for a mailbox; its reply addresses each lead to a ticket, so they come before its plain address. */
function distinctRecipients(mailboxes: readonly MailboxRow[], rcptTo: readonly string[]): string[] {
  const all = [...new Set(rcptTo.map((recipient) => recipient.toLowerCase()))]
  const signed = all.filter((recipient) => recipient.includes('+'))
  const covered = new Set(signed.map((recipient) => mailboxOf(mailboxes, recipient)?.id))
  return all.filter((recipient) => recipient.includes('+') || !covered.has(mailboxOf(mailboxes, recipient)?.id))
}
