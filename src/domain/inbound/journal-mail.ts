import { putBlob } from '../../kernel/blobs.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { insertJournal } from './journaling.ts'
import { JournalMail } from './schema.ts'

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
  handle: async (context, mail, mailboxes) =>
    insertJournal(context, mailboxes, mail, await putBlob(context, mail.content, context.now)),
})
