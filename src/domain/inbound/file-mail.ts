import { defineCommand } from '../../kernel/desk.ts'
import { identityOf } from './content.ts'
import { FILING_RACES, fileFound, findToFile, likelyOf } from './filing.ts'
import type { Found } from './found.ts'
import { readAgain } from './rereading.ts'
import { FileMail } from './schema.ts'
import { envelopeOf, lockInboundMail, lockToFile } from './store.ts'

/**
 * Makes of a parsed mail what it is to be: a ticket, a message, a note, or nothing but its journal row. One transaction:
 * the row is done only when its ticket or message is committed. A row that is done already is left alone. Internal.
 */
export const fileMail = defineCommand({
  name: 'fileMail',
  group: 'mail',
  input: FileMail,
  runsUnlocked: ({ mail, envelope }) => envelope !== undefined && !mail.attachments.length,
  retryOn: FILING_RACES,

  async subject(context, { inboundMailId: id, mail, contentHash, envelope: known }): Promise<Found> {
    // whoever knows the envelope saves a round trip
    const envelope = known ?? envelopeOf(await lockInboundMail(context.tx, id))
    const identity = identityOf(envelope.mailboxId, mail, contentHash)
    const asking = lockToFile(context.tx, { id, identity, likely: likelyOf(mail, envelope.rcptTo) })
    return findToFile(context, mail, envelope, { identity, asking })
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, { mail }, found) {
    const { row, unread } = found
    if (row.state !== 'pending') return row.outcome
    return unread ? readAgain(context, mail, row, unread) : fileFound(context, mail, found)
  },
})
