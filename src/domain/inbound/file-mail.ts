import { putBlob } from '../../kernel/blobs.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { insertAttachment } from '../attachments/store.ts'
import { messageRow } from '../conversations/decide.ts'
import { insertHeldMessage, insertNote, insertPublicMessage } from '../conversations/store.ts'
import { messages } from '../conversations/table.ts'
import { preview } from '../conversations/text.ts'
import type { InboundMail } from '../mail/schema.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { actorOf } from '../people/decide.ts'
import { ADDRESS_CONSTRAINT, asRequester, findPersonByAddress, insertPerson } from '../people/store.ts'
import { ticketFacts } from '../tickets/decide.ts'
import { insertTicket, lockTicket, nextNumber } from '../tickets/store.ts'
import { chosenWords, vocabulary } from '../types/store.ts'
import { authorAddress, bodyOf, identityOf, subjectOf } from './content.ts'
import { filingOf, outcomeOf, taggedNumber } from './decide.ts'
import { gatherEvidence } from './evidence.ts'
import { rememberMail } from './remember.ts'
import { FileMail, type MailOutcome } from './schema.ts'
import { answeredIds, lockInboundMail } from './store.ts'
import { inboundMails } from './table.ts'

const IDENTITY_CONSTRAINT = 'inbound_mails_identity'

/**
 * Makes of a parsed mail what it is to be: a ticket, a message, a note, or nothing but its journal row. One transaction:
 * the row is done only when its ticket or message is committed. A row that is done already is left alone. Internal.
 */
export const fileMail = defineCommand({
  name: 'fileMail',
  group: 'mail',
  input: FileMail,
  retryOn: [IDENTITY_CONSTRAINT, ADDRESS_CONSTRAINT],

  async subject({ tx, cached, secrets }, { inboundMailId, mail, contentHash, envelope }) {
    // whoever knows the envelope saves a round trip, and a mail that looks like the first of its thread another
    const locking = lockInboundMail(tx, inboundMailId)
    const { mailboxId, mailFrom, rcptTo } = envelope ?? (await locking)
    const identity = identityOf(mailboxId, mail, contentHash)
    const author = authorAddress(mail, mailFrom)
    const drawn = looksNew(mail, rcptTo) ? nextNumber(tx) : undefined
    const [row, likelyNumber, evidence, person, words, mailboxes] = await Promise.all([
      locking,
      drawn,
      gatherEvidence(tx, secrets, mail, { rcptTo, identity }),
      findPersonByAddress(tx, author),
      cached(vocabulary),
      cached(mailboxesCached),
    ])
    const filing = filingOf(evidence)
    const [locked, number] = await Promise.all([
      filing.ticketId ? lockTicket(tx, filing.ticketId) : undefined,
      filing.verdict === 'ticket_created' ? (likelyNumber ?? nextNumber(tx)) : 0,
    ])
    return { row, identity, author, person, words, mailboxes, filing, locked, number }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, { mail }, found) {
    const { row, filing } = found
    if (row.state !== 'pending') return row.outcome
    const written = await write(context, mail, found)
    const outcome: MailOutcome = {
      ...outcomeOf(filing, mail),
      ticketNumber: written?.number ?? null,
      ticketId: written?.ticketId ?? null,
    }
    context.update(inboundMails, row, {
      state: 'done',
      workerId: null,
      verdict: filing.verdict,
      outcome,
      ticketId: written?.ticketId ?? null,
      messageId: written?.messageId ?? null,
      headerMessageId: mail.messageId,
      ...(filing.verdict === 'duplicate' ? {} : { identity: found.identity }),
    })
    const data = { inboundMailId: row.id, verdict: filing.verdict }
    context.emit({
      type: 'mail.received',
      ...(written ? { ticketId: written.ticketId } : {}),
      object: { type: 'inboundMail', id: row.id, version: null },
      data,
    })
    return outcome
  },
})

/** Nothing in it names a ticket. */
const looksNew = (mail: InboundMail, rcptTo: string): boolean =>
  !rcptTo.includes('+') && answeredIds(mail).length === 0 && taggedNumber(mail.subject) === undefined

type Found = Awaited<ReturnType<typeof fileMail.subject>>
interface Written {
  ticketId: string
  messageId: string
  number: number
}

async function write(context: CommandContext, mail: InboundMail, found: Found): Promise<Written | undefined> {
  const { filing, locked } = found
  if (filing.verdict === 'ticket_created') return openFromMail(context, mail, found)
  if (!locked) return
  const { ticket } = locked
  const messageId = newId('msg')
  const author =
    found.person ??
    insertPerson(context, {
      name: mail.from?.name ?? null,
      email: found.author,
      role: 'requester',
      supportTeam: false,
      verified: false,
    })
  const sending = context.as(actorOf(author))
  const attachments = await storeAttachments(context, mail, found, {
    ticketId: ticket.id,
    messageId,
    uploadedById: author.id,
  })
  const draft = {
    id: messageId,
    author: author.id,
    body: bodyOf(mail),
    attachments,
    mail: { inReplyTo: mail.inReplyTo, held: filing.held, verified: filing.verified },
  }
  if (filing.verdict === 'note_added') insertNote(sending, locked, draft)
  else if (filing.held) insertHeldMessage(sending, locked, draft)
  else insertPublicMessage(sending, locked, { ...draft, fromCustomer: true })
  rememberMail(context, ticket.id, mail, {
    mailboxes: found.mailboxes,
    sender: found.author,
    held: filing.held,
    takesCc: filing.takesCc,
  })
  return { ticketId: ticket.id, messageId, number: ticket.number }
}

/** Unknown sender, new person; the mailbox says which type, priority and team. */
async function openFromMail(context: CommandContext, mail: InboundMail, found: Found): Promise<Written> {
  const { number, words, mailboxes, row, filing } = found
  const person =
    found.person ??
    insertPerson(context, {
      name: mail.from?.name ?? null,
      email: found.author,
      role: 'requester',
      supportTeam: false,
      verified: false,
    })
  const requester = asRequester(person)
  const sending = context.as(actorOf(person))
  const box = mailboxes.find(({ id }) => id === row.mailboxId)
  const body = bodyOf(mail)
  const chosen = chosenWords(words, {
    ...(box ? { type: box.type } : {}),
    ...(box?.priority ? { priority: box.priority } : {}),
  })
  const more = { mailboxId: box?.id ?? null, teamId: box?.teamId ?? null }
  const ticket = insertTicket(sending, {
    number,
    subject: subjectOf(mail),
    ...chosen,
    requester,
    channel: context.channel,
    preview: preview(body.bodyText),
    more,
  })

  const messageId = newId('msg')
  const attachments = await storeAttachments(context, mail, found, {
    ticketId: ticket.id,
    messageId,
    uploadedById: person.id,
  })
  const proof = { inReplyTo: mail.inReplyTo, held: false, verified: false }
  context.insert(
    messages,
    messageRow({
      id: messageId,
      ticket,
      author: person.id,
      visibility: 'public',
      channel: context.channel,
      body,
      attachments,
      now: context.now,
      mail: proof,
    }),
  )
  const facts = ticketFacts({
    before: null,
    after: ticket,
    requester,
    actor: sending.actor,
    messageId,
    versions: context.versions,
  })
  sending.emit({
    type: 'ticket.opened',
    ticketId: ticket.id,
    object: { type: 'ticket', id: ticket.id, version: 1 },
    data: { messageId },
    facts,
  })
  if (filing.hint !== null) {
    const text = `The subject of this mail names #${filing.hint}, but its sender has no part in that ticket.`
    insertNote(
      context,
      { ticket, requester },
      { id: newId('msg'), author: null, body: { bodyText: text, bodyHtml: null }, attachments: [] },
    )
  }
  rememberMail(context, ticket.id, mail, { mailboxes, sender: found.author, held: false, takesCc: filing.takesCc })
  return { ticketId: ticket.id, messageId, number }
}

/** The parts of the mail; or, where it could not be read, the raw message itself. */
async function storeAttachments(
  context: CommandContext,
  mail: InboundMail,
  { row }: Found,
  owner: { ticketId: string; messageId: string; uploadedById: string },
) {
  if (mail.parseError) {
    const raw = {
      filename: 'message.eml',
      contentType: 'message/rfc822',
      contentId: null,
      inline: false,
      sha256: row.sha256,
      size: row.size,
    }
    return [insertAttachment(context, raw, owner)]
  }
  const attachments = []
  for (const [n, { filename, contentType, contentId, inline }] of mail.attachments.entries()) {
    const stored = await putBlob(context, mail.contents[n] ?? { bytes: new Uint8Array() }, context.now)
    attachments.push(insertAttachment(context, { filename, contentType, contentId, inline, ...stored }, owner))
  }
  return attachments
}
