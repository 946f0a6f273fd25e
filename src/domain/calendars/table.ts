import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { Calendar, Holiday } from './schema.ts'

export const calendars = withKey(
  pgTable('calendars', {
    key: id().primaryKey(),
    name: text().notNull(),
    timeZone: text().notNull(),
    hours: jsonb().$type<Calendar['hours']>().notNull(),
    holidays: jsonb().$type<Holiday[]>().notNull(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  }),
  'key',
)
