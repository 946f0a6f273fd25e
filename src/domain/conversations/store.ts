import type { CommandContext } from '../../kernel/context.ts'
import type { Attachment } from '../attachments/schema.ts'
import { afterNote, afterPublicMessage, ticketFacts } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { type MessageRow, messageRow, type NewMessage } from './decide.ts'
import { messages } from './table.ts'
import { preview } from './text.ts'

/** `fromCustomer`: the requester's side speaks, so the ticket needs a reaction. */
type Draft = {
  id: string
  author: string | null
  body: NewMessage['body']
  attachments: Attachment[]
  mail?: NonNullable<NewMessage['mail']>
}

/** A public message on a ticket: the message, the ticket's activity, and the event. */
export function insertPublicMessage(
  { insert, update, emit, actor, channel, now, versions }: CommandContext,
  { ticket, requester }: LockedTicket,
  draft: Draft & { fromCustomer: boolean },
): MessageRow {
  const message = messageRow({ ...draft, ticket, visibility: 'public', channel, now })
  const before = { ...ticket }
  const author = { id: draft.author, isCustomer: draft.fromCustomer }
  insert(messages, message)
  update(tickets, ticket, afterPublicMessage(ticket, author, preview(message.visibleText), now))
  const facts = ticketFacts({ before, after: ticket, requester, actor, messageId: message.id, versions })
  emit({
    type: 'ticket.replied',
    ticketId: ticket.id,
    object: { type: 'message', id: message.id, version: null },
    data: { messageId: message.id },
    facts,
  })
  return message
}

/** An internal message: agents read it, nothing outside shows that it is there. */
export function insertNote(
  { insert, update, emit, actor, channel, now, versions }: CommandContext,
  { ticket, requester }: LockedTicket,
  draft: Draft,
): MessageRow {
  const message = messageRow({ ...draft, ticket, visibility: 'internal', channel, now })
  const before = { ...ticket }
  insert(messages, message)
  update(tickets, ticket, afterNote(now))
  const facts = ticketFacts({ before, after: ticket, requester, actor, messageId: message.id, versions })
  emit({
    type: 'ticket.noted',
    ticketId: ticket.id,
    object: { type: 'message', id: message.id, version: null },
    data: { messageId: message.id },
    facts,
  })
  return message
}

/** A stranger's message: kept on the ticket for agents to judge; it is no activity and tells nobody. */
export function insertHeldMessage(
  { insert, channel, now }: CommandContext,
  { ticket }: Pick<LockedTicket, 'ticket'>,
  draft: Draft & { mail: NonNullable<NewMessage['mail']> },
): MessageRow {
  const message = messageRow({ ...draft, ticket, visibility: 'public', channel, now })
  insert(messages, message)
  return message
}
