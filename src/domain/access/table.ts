import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import { people } from '../people/table.ts'
import type { AccessWay } from './schema.ts'

/** A key acts as its person, within its scopes. Only a hash of it is kept: 256 random bits need no slow one. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: id().primaryKey(),
    name: text().notNull(),
    personId: id()
      .notNull()
      .references(() => people.id),
    secretHash: id().notNull().unique('api_keys_secret'),
    /** The first characters, so that an owner knows which key this is. */
    prefix: text().notNull(),
    scopes: text().array().notNull(),
    expiresAt: instant(),
    lastUsedAt: instant(),
    revokedAt: instant(),
    createdById: id(),
    createdAt: instant().notNull(),
  },
  (t) => [index('api_keys_person').on(t.personId)],
)

/** One row: by which ways clients may open and update tickets. */
export const accessSettings = withKey(
  pgTable('access_settings', {
    id: id().primaryKey(),
    mail: jsonb().$type<AccessWay>().notNull(),
    apiRequester: jsonb().$type<AccessWay>().notNull(),
    apiFullUser: jsonb().$type<AccessWay>().notNull(),
    version: integer().notNull(),
  }),
  'id',
)
