import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { messageRow } from '../conversations/decide.ts'
import { insertNote, writeMessage } from '../conversations/store.ts'
import { preview } from '../conversations/text.ts'
import { defaultsOf } from '../fields/values.ts'
import { followersAmong, insertFollowers } from '../followers/store.ts'
import type { InboundMail } from '../mail/schema.ts'
import { organizationFacts } from '../organizations/store.ts'
import { actorOf, type PersonRow } from '../people/decide.ts'
import { asRequester, insertPerson } from '../people/store.ts'
import { ticketFacts } from '../tickets/decide.ts'
import { insertTicket, type LockedTicket } from '../tickets/store.ts'
import { chosenWords } from '../types/store.ts'
import { bodyOf, forwardedBody, subjectOf } from './content.ts'
import { storeAttachments } from './files.ts'
import type { Found, Written } from './found.ts'
import { insertSender, mailFacts } from './joining.ts'
import { rememberMail } from './remember.ts'

/**
 * A new ticket; the mailbox says which type, priority and team. An agent who hands on a customer's mail opens it for that customer:
 * the original is the first message, what the agent wrote above it a note.
 */
export async function openFromMail(context: CommandContext, mail: InboundMail, found: Found): Promise<Written> {
  const { number, words, mailboxes, row, filing } = found
  const sender = found.person ?? (await insertSender(context, mail, found.author))
  const person = filing.forwards ? await originalSender(context, mail, found) : sender
  const requester = asRequester(person)
  const box = mailboxes.find(({ id }) => id === row.mailboxId)
  const body = filing.forwards ? forwardedBody(mail) : bodyOf(mail)
  const opening = context.as(actorOf(sender))
  const chosen = chosenWords(words, {
    ...(box ? { type: box.type } : {}),
    ...(box?.priority ? { priority: box.priority } : {}),
    ...(box?.category ? { category: box.category } : {}),
    ...(box?.project ? { project: box.project } : {}),
  })
  const fields = defaultsOf(words.fields, chosen.type.key)
  const ticket = insertTicket(opening, {
    number,
    subject: subjectOf(filing.forwards ? (mail.forward ?? mail) : mail),
    ...chosen,
    requester,
    channel: context.channel,
    preview: preview(body.visibleText ?? body.bodyText),
    more: { mailboxId: box?.id ?? null, ...(box?.teamId ? { teamId: box.teamId } : {}), fields },
  })

  const messageId = newId('msg')
  const owner = { ticketId: ticket.id, messageId, uploadedById: sender.id }
  const attachments = await storeAttachments(context, mail, row, owner)
  const message = messageRow({
    id: messageId,
    ticket,
    author: person.id,
    visibility: 'public',
    channel: context.channel,
    body,
    attachments,
    now: context.now,
    // what somebody hands on proves nothing of who wrote it
    mail: { inReplyTo: mail.inReplyTo, held: false, verified: filing.verified && !filing.forwards },
  })
  writeMessage(context, message)
  const organization = await organizationFacts(context, ticket.organizationId)
  const locked: LockedTicket = { ticket, requester, followers: [], assignee: null, organization }
  const facts = ticketFacts({
    before: null,
    after: ticket,
    requester,
    organization,
    actor: opening.actor,
    messageId,
    mail: mailFacts(mail, found),
    versions: context.versions,
  })
  opening.emit({
    type: 'ticket.opened',
    ticketId: ticket.id,
    object: { type: 'ticket', id: ticket.id, version: 1 },
    data: { messageId },
    facts,
    working: { ...locked, message },
  })
  if (filing.forwards) noteForward(opening, locked, mail, sender)
  if (filing.hint !== null) noteHint(context, locked, filing.hint)
  if (filing.addsFollowers) insertFollowers(opening, ticket, await followersAmong(context, found, locked))
  const remembered = filing.forwards ? person.email : found.author
  rememberMail(context, ticket.id, mail, { sender: remembered, filing, others: found.others })
  return { ticketId: ticket.id, messageId, number }
}

async function originalSender(context: CommandContext, mail: InboundMail, { original }: Found): Promise<PersonRow> {
  const from = mail.forward?.from
  if (original || !from) {
    if (!original) throw new Error('a forward without a sender was filed as one')
    return original
  }
  const { address: email, name } = from
  return insertPerson(context, { name, email, role: 'requester', supportTeam: false, verified: false })
}

function noteForward(context: CommandContext, locked: LockedTicket, mail: InboundMail, agent: PersonRow): void {
  const bodyText = mail.forward?.message?.trim() || 'Handed on by mail, without a word of their own.'
  insertNote(context, locked, {
    id: newId('msg'),
    author: agent.id,
    body: { bodyText, bodyHtml: null },
    attachments: [],
  })
}

function noteHint(context: CommandContext, locked: LockedTicket, number: number): void {
  const bodyText = `The subject of this mail names #${number}, but its sender has no part in that ticket, or nothing proves who it is.`
  insertNote(context, locked, { id: newId('msg'), author: null, body: { bodyText, bodyHtml: null }, attachments: [] })
}
