import { digestOf, putBlob } from '../../kernel/blobs.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { insertJournal, type Journalled } from './journaling.ts'
import { JournalMails } from './schema.ts'

/** The same as `journalMail` for several mails that came at once: one commit, all or none. Internal. */
export const journalMails = defineCommand({
  name: 'journalMails',
  group: 'mail',
  input: JournalMails,
  subject: ({ cached }) => cached(mailboxesCached),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, { mails }, mailboxes): Promise<Journalled[]> {
    const digests = await Promise.all(mails.map(({ content }) => digestOf(content)))
    const stored = mails.map((mail, n) => ({ mail, digest: digests[n] ?? { sha256: '', size: 0 } }))
    // in one order: two who store the same mails wait for one another, but never crosswise
    for (const { mail, digest } of stored.toSorted((a, b) => (a.digest.sha256 < b.digest.sha256 ? -1 : 1)))
      await putBlob(context, mail.content, context.now, digest)
    return stored.map(({ mail, digest }) => insertJournal(context, mailboxes, mail, digest))
  },
})
