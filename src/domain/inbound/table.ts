import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { InboundState, MailOutcome } from './schema.ts'

/** The journal: one row for each accepted mail and recipient mailbox, written before the 250. */
export const inboundMails = pgTable(
  'inbound_mails',
  {
    id: id().primaryKey(),
    mailboxId: id().notNull(),
    state: text().$type<InboundState>().notNull(),
    receivedAt: instant().notNull(),
    mailFrom: text().notNull(),
    rcptTo: text().notNull(),
    peer: text().notNull(),
    size: bigint({ mode: 'number' }).notNull(),
    /** The raw message. */
    sha256: id().notNull(),
    attempts: integer().notNull(),
    workerId: id(),
    outcome: jsonb().$type<MailOutcome>(),
    verdict: text(),
    ticketId: id(),
    messageId: id(),
    /** Its own Message-ID header. */
    headerMessageId: text(),
    /** When somebody said that it is to be filed like any mail, whatever its marks say. */
    releasedAt: instant(),
    /** What makes two mails the same (see identityOf); set on the first one only. */
    identity: id(),
  },
  (t) => [
    uniqueIndex('inbound_mails_identity').on(t.identity),
    index('inbound_mails_pending').on(t.receivedAt).where(sql`state = 'pending'`),
    index('inbound_mails_ticket').on(t.ticketId, t.id),
  ],
)

/** Message-IDs of stored mails (their own and those they refer to): where an answer to one of them belongs. */
export const mailReferences = withKey(
  pgTable(
    'mail_references',
    { messageId: id().notNull(), ticketId: id().notNull(), createdAt: instant().notNull() },
    (t) => [primaryKey({ columns: [t.messageId, t.ticketId] })],
  ),
  'messageId',
  'ticketId',
)

/** Everybody in From, To and Cc of a stored mail of the ticket: their mail may join it, they receive nothing. */
export const correspondents = withKey(
  pgTable(
    'correspondents',
    { ticketId: id().notNull(), address: id().notNull(), createdAt: instant().notNull() },
    (t) => [primaryKey({ columns: [t.ticketId, t.address] })],
  ),
  'ticketId',
  'address',
)
