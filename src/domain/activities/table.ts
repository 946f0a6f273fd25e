import { boolean, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { Money } from '../time/schema.ts'

/** What time is spent on: kinds of work. */
export const activities = withKey(
  pgTable('activities', {
    key: id().primaryKey(),
    name: text().notNull(),
    position: integer().notNull(),
    /** Whether time of this kind is billed, and at which rate, where an entry does not say. */
    billable: boolean().notNull(),
    rate: jsonb().$type<Money>(),
    enabled: boolean().notNull(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  }),
  'key',
)
