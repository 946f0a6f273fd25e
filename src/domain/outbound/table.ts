import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { NoticeKind } from '../people/schema.ts'
import type { MailStep, OutboundKind, OutboundState, SuppressionReason } from './schema.ts'

/** The ledger: one row is one mail to one recipient. */
export const outboundMails = pgTable(
  'outbound_mails',
  {
    id: id().primaryKey(),
    /** Null where a mail is about no single ticket: a digest, an invitation, a password, an address to verify. */
    ticketId: id(),
    ticketMessageId: id(),
    kind: text().$type<OutboundKind>().notNull().default('reply'),
    /** What a notification tells. */
    notice: text().$type<NoticeKind>(),
    /** Whose mail it is. */
    personId: id(),
    /** The event that it follows from; null for one that somebody sent by hand. */
    eventId: id(),
    /** The Message-ID header, without angle brackets; the same at every attempt. */
    messageId: id().notNull(),
    to: id().notNull(),
    toName: text(),
    subject: text().notNull(),
    /** What it says, where neither a message of the ticket nor a letter of the desk says it. */
    bodyText: text(),
    bodyHtml: text(),
    reason: text().notNull(),
    state: text().$type<OutboundState>().notNull(),
    attempts: integer().notNull(),
    workerId: id(),
    smtpResponse: text(),
    createdAt: instant().notNull(),
    sentAt: instant(),
    /** When it is tried again. */
    nextAttemptAt: instant(),
    /** What was decided and answered on the way, oldest first: `why` tells it. */
    trail: jsonb().$type<MailStep[]>().notNull().default([]),
  },
  (t) => [
    index('outbound_mails_ticket').on(t.ticketId, t.id),
    // how many automatic mails an address had lately
    index('outbound_mails_automatic').on(t.to, t.createdAt).where(sql`kind <> 'reply'`),
    index('outbound_mails_acknowledgements').on(t.createdAt).where(sql`kind = 'acknowledgement'`),
    index('outbound_mails_due').on(t.createdAt).where(sql`state in ('queued', 'deferred')`),
  ],
)

/** The random part of a signed reply address: one for each ticket, address and conversation. */
export const replyAddresses = pgTable(
  'reply_addresses',
  {
    replyKey: id().primaryKey(),
    ticketId: id().notNull(),
    address: id().notNull(),
    /** Where an answer belongs, if that is not the ticket's conversation with its requester. */
    conversationId: id(),
    createdAt: instant().notNull(),
  },
  (t) => [uniqueIndex('reply_addresses_owner').on(t.ticketId, t.address, sql`coalesce(conversation_id, '')`)],
)

/** Addresses that nothing is sent to any more. */
export const suppressedAddresses = withKey(
  pgTable('suppressed_addresses', {
    address: id().primaryKey(),
    reason: text().$type<SuppressionReason>().notNull(),
    detail: text(),
    /** The bounce or complaint that says so. */
    inboundMailId: id(),
    createdById: id(),
    createdAt: instant().notNull(),
  }),
  'address',
)
