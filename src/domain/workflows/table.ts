import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { StatusMapping, Transition } from './schema.ts'

/** Types without a row have every status of the desk, any to any. */
export const workflows = withKey(
  pgTable('workflows', {
    /** The key of the type; rows of removed types go with them. */
    type: id().primaryKey(),
    statuses: text().array().notNull(),
    transitions: jsonb().$type<Transition[]>().notNull(),
    statusMapping: jsonb().$type<StatusMapping[]>().notNull(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  }),
  'type',
)
