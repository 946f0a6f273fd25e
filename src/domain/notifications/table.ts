import { sql } from 'drizzle-orm'
import { boolean, index, pgTable, text } from 'drizzle-orm/pg-core'
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
    /** Whether it is to stand in a digest that is not written yet. */
    awaitsDigest: boolean().notNull().default(false),
    /** The mail of the digest in which it stands. */
    digestMailId: id(),
  },
  (t) => [
    index('notifications_person').on(t.personId, t.id),
    index('notifications_unread').on(t.personId, t.id).where(sql`read_at is null`),
    // who waits for a digest, and since when
    index('notifications_awaiting').on(t.personId, t.createdAt).where(sql`awaits_digest`),
    index('notifications_digest').on(t.digestMailId).where(sql`digest_mail_id is not null`),
  ],
)
