import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Channel } from '../../kernel/actor.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { Attachment } from '../attachments/schema.ts'
import type { ConversationKind, Visibility } from './schema.ts'

export const messages = pgTable(
  'messages',
  {
    id: id().primaryKey(),
    // no foreign key: only commands that hold the ticket's lock, or insert it, write here, and the check would lock it once more
    ticketId: id().notNull(),
    /** On which it was written, while it is read on another into which that was merged. */
    originTicketId: id(),
    conversationId: id().notNull(),
    authorId: id(),
    visibility: text().$type<Visibility>().notNull(),
    channel: text().$type<Channel>().notNull(),
    bodyText: text().notNull(),
    bodyHtml: text(),
    /** The sanitiser that made it; what an older one made is sanitised again when it is read. */
    sanitiserVersion: integer().notNull().default(1),
    visibleText: text().notNull(),
    quotedText: text(),
    /** What the attachments table says of them, kept here so that a conversation is read from one index. */
    attachments: jsonb().$type<Attachment[]>().notNull(),
    inReplyTo: text(),
    held: boolean().notNull(),
    verified: boolean(),
    createdAt: instant().notNull(),
  },
  (t) => [index('messages_ticket').on(t.ticketId, t.id)],
)

/** Those beside the two that every ticket has. They stay with the ticket on which they were begun, also when that is merged. */
export const conversations = pgTable(
  'conversations',
  {
    id: id().primaryKey(),
    // no foreign key: whoever writes here holds the ticket's lock
    ticketId: id().notNull(),
    kind: text().$type<ConversationKind>().notNull(),
    title: text().notNull(),
    createdById: id(),
    createdAt: instant().notNull(),
    version: integer().notNull(),
  },
  (t) => [index('conversations_ticket').on(t.ticketId, t.id)],
)

/** Who takes part in them: outside by mail, or of those who work here. */
export const conversationParticipants = withKey(
  pgTable(
    'conversation_participants',
    { conversationId: id().notNull(), personId: id().notNull(), addedById: id(), createdAt: instant().notNull() },
    (t) => [
      primaryKey({ columns: [t.conversationId, t.personId] }),
      index('conversation_participants_person').on(t.personId),
    ],
  ),
  'conversationId',
  'personId',
)
