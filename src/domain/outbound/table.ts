import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { OutboundState } from './schema.ts'

/** The ledger: one row is one mail to one recipient. */
export const outboundMails = pgTable(
  'outbound_mails',
  {
    id: id().primaryKey(),
    ticketId: id().notNull(),
    ticketMessageId: id(),
    /** The Message-ID header, without angle brackets; the same at every attempt. */
    messageId: id().notNull(),
    to: id().notNull(),
    toName: text(),
    subject: text().notNull(),
    reason: text().notNull(),
    state: text().$type<OutboundState>().notNull(),
    attempts: integer().notNull(),
    workerId: id(),
    smtpResponse: text(),
    createdAt: instant().notNull(),
    sentAt: instant(),
    /** When it is tried again. */
    nextAttemptAt: instant(),
  },
  (t) => [
    index('outbound_mails_ticket').on(t.ticketId, t.id),
    index('outbound_mails_due').on(t.createdAt).where(sql`state in ('queued', 'deferred')`),
  ],
)

/** The random part of a signed reply address: one for each ticket and address. */
export const replyAddresses = pgTable(
  'reply_addresses',
  {
    replyKey: id().primaryKey(),
    ticketId: id().notNull(),
    address: id().notNull(),
    createdAt: instant().notNull(),
  },
  (t) => [uniqueIndex('reply_addresses_owner').on(t.ticketId, t.address)],
)
