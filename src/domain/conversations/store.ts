import { eq } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import type { Attachment } from '../attachments/schema.ts'
import { correspondents } from '../inbound/table.ts'
import { searchPending } from '../search/table.ts'
import { wake } from '../tickets/changing.ts'
import {
  type Assignee,
  afterNote,
  afterPublicMessage,
  type MailFacts,
  STATUS_IS_GIVEN,
  statusGivenOn,
  ticketFacts,
} from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { type MessageRow, messageRow, type NewMessage } from './decide.ts'
import { messages } from './table.ts'
import { preview } from './text.ts'

type Draft = {
  id: string
  author: string | null
  body: NewMessage['body']
  attachments: Attachment[]
  mail?: NonNullable<NewMessage['mail']> & { facts: MailFacts }
  statusIsGiven?: boolean
  /** Who is written to in it, of those who work here. */
  mentioned?: readonly Assignee[]
}

/** Every new message is written here: it is to be found by search. */
export function writeMessage({ insert }: Pick<CommandContext, 'insert'>, message: MessageRow): void {
  insert(messages, message)
  insert(searchPending, { messageId: message.id })
}

/** A public message on a ticket: the message, the ticket's activity, and the event. */
export function insertPublicMessage(
  context: CommandContext,
  locked: LockedTicket,
  /** `fromCustomer`: the requester's side speaks, so the ticket needs a reaction. `statusIsGiven`: a person sets the status with it. */
  draft: Draft & { fromCustomer: boolean },
): MessageRow {
  const author = { id: draft.author, isCustomer: draft.fromCustomer }
  if (draft.fromCustomer) wake(context, locked)
  const statusIsGiven = draft.statusIsGiven || context.notes.has(statusGivenOn(locked.ticket.id))
  return addMessage(
    context,
    locked,
    { ...draft, statusIsGiven },
    {
      visibility: 'public',
      type: 'ticket.replied',
      activity: (message) => afterPublicMessage(locked.ticket, author, preview(message.visibleText), context.now),
    },
  )
}

/** An internal message: agents read it, nothing outside shows that it is there. */
export function insertNote(context: CommandContext, locked: LockedTicket, draft: Draft): MessageRow {
  return addMessage(context, locked, draft, {
    visibility: 'internal',
    type: 'ticket.noted',
    activity: () => afterNote(context.now),
  })
}

interface Addition {
  visibility: MessageRow['visibility']
  type: 'ticket.replied' | 'ticket.noted'
  /** What the message changes on its ticket. */
  activity(message: MessageRow): Partial<LockedTicket['ticket']>
}

function addMessage(
  { insert, update, emit, actor, channel, now, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  draft: Draft,
  { visibility, type, activity }: Addition,
): MessageRow {
  const message = messageRow({ ...draft, ticket, visibility, channel, now })
  const before = { ...ticket }
  writeMessage({ insert }, message)
  update(tickets, ticket, activity(message))
  const facts = ticketFacts({
    before,
    after: ticket,
    ...parties,
    actor,
    messageId: message.id,
    mail: draft.mail?.facts,
    mentioned: draft.mentioned,
    versions,
  })
  emit({
    type,
    ticketId: ticket.id,
    object: { type: 'message', id: message.id, version: null },
    data: { messageId: message.id },
    facts: draft.statusIsGiven ? { ...facts, ...STATUS_IS_GIVEN } : facts,
    working: { ticket, ...parties, message },
  })
  return message
}

/** A stranger's message: kept on the ticket for agents to judge; it is no activity and nothing outside shows that it is there. */
export function insertHeldMessage(
  { insert, emit, actor, channel, now, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  draft: Draft & { mail: NonNullable<Draft['mail']> },
): MessageRow {
  const message = messageRow({ ...draft, ticket, visibility: 'public', channel, now })
  writeMessage({ insert }, message)
  emit({
    type: 'message.held',
    ticketId: ticket.id,
    object: { type: 'message', id: message.id, version: null },
    data: { messageId: message.id },
    facts: ticketFacts({ before: ticket, after: ticket, ...parties, actor, messageId: message.id, versions }),
    working: { ticket, ...parties, message },
  })
  return message
}

/** What a machine sent about a ticket: agents can read it there, but nothing happened. */
export function insertRecord(
  { insert, channel, now }: CommandContext,
  { ticket }: Pick<LockedTicket, 'ticket'>,
  draft: Pick<Draft, 'id' | 'author' | 'body' | 'attachments'> & { mail: NewMessage['mail'] },
): MessageRow {
  const message = messageRow({ ...draft, ticket, visibility: 'internal', channel, now })
  writeMessage({ insert }, message)
  return message
}

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(messages)).from(messages).where(eq(messages.id, $.id)).for('update'),
)

export async function lockMessage(tx: Connection, id: string): Promise<MessageRow> {
  const [row] = (await tx.query(locked.bind({ id }))).rows
  if (!row) throw new Problem('message_not_found')
  return row
}

/** A held message becomes public: the ticket's activity and the event are those of its author, who is known from now on. */
export function freeMessage(
  context: CommandContext,
  { ticket, ...parties }: LockedTicket,
  message: MessageRow,
  email: string | undefined,
): MessageRow {
  const { update, insertMissing, emit, actor, now, versions } = context
  wake(context, { ticket, ...parties })
  const before = { ...ticket }
  update(messages, message, { held: false })
  const author = { id: message.authorId, isCustomer: true }
  update(tickets, ticket, afterPublicMessage(ticket, author, preview(message.visibleText), now))
  if (email) insertMissing(correspondents, { ticketId: ticket.id, address: email, createdAt: now })
  emit({
    type: 'ticket.replied',
    ticketId: ticket.id,
    object: { type: 'message', id: message.id, version: null },
    data: { messageId: message.id },
    facts: ticketFacts({ before, after: ticket, ...parties, actor, messageId: message.id, versions }),
    working: { ticket, ...parties, message },
  })
  return message
}
