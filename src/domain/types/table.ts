import { boolean, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { id } from '../../db/columns.ts'
import type { StatusCategory } from './schema.ts'

/** Kinds of ticket. */
export const types = pgTable('types', {
  key: id().primaryKey(),
  name: text().notNull(),
  position: integer().notNull(),
  enabled: boolean().notNull(),
  defaultStatus: id().notNull(),
  defaultPriority: id().notNull(),
})

export const statuses = pgTable('statuses', {
  key: id().primaryKey(),
  name: text().notNull(),
  category: text().$type<StatusCategory>().notNull(),
  position: integer().notNull(),
  /** What requesters read; the name where empty. */
  requesterLabel: text(),
})

/** `position` orders them: higher is more urgent. */
export const priorities = pgTable('priorities', {
  key: id().primaryKey(),
  name: text().notNull(),
  position: integer().notNull(),
})
