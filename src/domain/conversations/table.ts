import { boolean, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Channel } from '../../kernel/actor.ts'
import type { Attachment } from '../attachments/schema.ts'
import type { Visibility } from './schema.ts'

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
