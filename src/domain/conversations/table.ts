import { boolean, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Channel } from '../../kernel/actor.ts'
import type { Attachment } from '../attachments/schema.ts'
import { tickets } from '../tickets/table.ts'
import type { ConversationKind, Visibility } from './schema.ts'

export const conversations = pgTable(
  'conversations',
  {
    id: id().primaryKey(),
    ticketId: id()
      .notNull()
      .references(() => tickets.id),
    kind: text().$type<ConversationKind>().notNull(),
    createdAt: instant().notNull(),
  },
  (t) => [index('conversations_ticket').on(t.ticketId)],
)

export const messages = pgTable(
  'messages',
  {
    id: id().primaryKey(),
    ticketId: id()
      .notNull()
      .references(() => tickets.id),
    conversationId: id().notNull(),
    authorId: id(),
    visibility: text().$type<Visibility>().notNull(),
    channel: text().$type<Channel>().notNull(),
    bodyText: text().notNull(),
    bodyHtml: text(),
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
