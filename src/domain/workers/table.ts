import { integer, pgTable } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'

/** Worker processes: one that is gone is known by its free lock, and its claims are given out again. */
export const workers = pgTable('workers', {
  id: id().primaryKey(),
  lockKey: integer().notNull(),
  startedAt: instant().notNull(),
})
