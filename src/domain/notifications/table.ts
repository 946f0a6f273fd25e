import { sql } from 'drizzle-orm'
import { index, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { NoticeKind } from '../people/schema.ts'

/** What somebody who works here is told: their own list. */
export const notifications = pgTable(
  'notifications',
  {
    id: id().primaryKey(),
    personId: id().notNull(),
    kind: text().$type<NoticeKind>().notNull(),
    ticketId: id().notNull(),
    messageId: id(),
    eventId: id().notNull(),
    createdAt: instant().notNull(),
    readAt: instant(),
  },
  (t) => [
    index('notifications_person').on(t.personId, t.id),
    index('notifications_unread').on(t.personId, t.id).where(sql`read_at is null`),
  ],
)
