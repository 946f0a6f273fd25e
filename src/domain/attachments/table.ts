import { bigint, boolean, index, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'

/** A file somebody sent. Until it belongs to a message only its uploader sees it. */
export const attachments = pgTable(
  'attachments',
  {
    id: id().primaryKey(),
    messageId: id(),
    ticketId: id(),
    uploadedById: id(),
    sha256: id().notNull(),
    filename: text().notNull(),
    contentType: text().notNull(),
    size: bigint({ mode: 'number' }).notNull(),
    contentId: text(),
    inline: boolean().notNull(),
    createdAt: instant().notNull(),
  },
  (t) => [index('attachments_message').on(t.messageId)],
)
