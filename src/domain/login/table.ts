import { sql } from 'drizzle-orm'
import { boolean, index, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import { people } from '../people/table.ts'
import type { SessionEnd, TokenPurpose } from './schema.ts'

/** Apart from people, so that no list of them reads a hash. */
export const passwords = withKey(
  pgTable('passwords', {
    personId: id()
      .primaryKey()
      .references(() => people.id),
    /** With its parameters: see `password.ts`. */
    hash: text().notNull(),
    changedAt: instant().notNull(),
  }),
  'personId',
)

/** Where somebody has logged in: a family of refresh tokens, of which the latest works, once. */
export const sessions = pgTable(
  'sessions',
  {
    id: id().primaryKey(),
    personId: id()
      .notNull()
      .references(() => people.id),
    /** Of what all tokens of the family share: it tells an old one from an invented one. */
    familyHash: id().notNull(),
    refreshHash: id().notNull(),
    createdAt: instant().notNull(),
    lastUsedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    endedAt: instant(),
    endedBy: text().$type<SessionEnd>(),
  },
  (t) => [index('sessions_person').on(t.personId, t.id), index('sessions_expiry').on(t.expiresAt)],
)

/** Attempts of late, by account and by network address. Accounts by a hash: anybody can write any here. */
export const loginAttempts = withKey(
  pgTable(
    'login_attempts',
    {
      key: id().primaryKey(),
      at: text().array().notNull(),
      /** Whether the latest was let through. */
      open: boolean().notNull(),
      updatedAt: instant().notNull(),
    },
    (t) => [index('login_attempts_updated').on(t.updatedAt)],
  ),
  'key',
)

/** What a mail lets its reader do, once. The token itself stands in the mail and nowhere else. */
export const oneTimeTokens = pgTable(
  'one_time_tokens',
  {
    id: id().primaryKey(),
    purpose: text().$type<TokenPurpose>().notNull(),
    personId: id().notNull(),
    address: id().notNull(),
    /** Made when its mail is sent: empty until then. */
    hash: id(),
    /** The mail that it stands in. */
    outboundMailId: id().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (t) => [
    index('one_time_tokens_hash').on(t.hash).where(sql`hash is not null`),
    index('one_time_tokens_mail').on(t.outboundMailId),
    index('one_time_tokens_person').on(t.personId),
    index('one_time_tokens_expiry').on(t.expiresAt),
  ],
)
