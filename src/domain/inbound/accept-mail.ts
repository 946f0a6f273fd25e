import { digestOf, insertBlob } from '../../kernel/blobs.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { identityOf } from './content.ts'
import { FILING_RACES, fileFound, findToFile, likelyOf } from './filing.ts'
import { journalRow } from './journaling.ts'
import { AcceptMail } from './schema.ts'
import { askToFile } from './store.ts'
import { inboundMails } from './table.ts'

/**
 * Journals a mail that has been read already, and files it, in one transaction: `journalMail` and `fileMail` at once, for a small mail to
 * one recipient. Internal.
 */
export const acceptMail = defineCommand({
  name: 'acceptMail',
  group: 'mail',
  input: AcceptMail,
  runsUnlocked: ({ mail }) => !mail.attachments.length,
  retryOn: FILING_RACES,

  async subject(context, { mail, contentHash, content, ...envelope }) {
    const [mailboxes, digest] = await Promise.all([context.cached(mailboxesCached), digestOf(content)])
    const row = journalRow(mailboxes, { ...envelope, ...digest }, context.now)
    const identity = identityOf(row.mailboxId, mail, contentHash)
    const asking = askToFile(context.tx, { row, identity, likely: likelyOf(mail, row.rcptTo) })
    return findToFile(context, mail, { ...row, isReleased: false }, { identity, asking })
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, { mail, content }, found) {
    insertBlob(context, content.bytes, found.row)
    context.insert(inboundMails, found.row)
    await fileFound(context, mail, found)
    return { id: found.row.id }
  },
})
