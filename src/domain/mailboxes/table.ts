import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { teams } from '../people/table.ts'

/** An address of ours: mail to it becomes tickets with these defaults. */
export const mailboxes = pgTable('mailboxes', {
  id: id().primaryKey(),
  address: id().notNull().unique('mailboxes_address'),
  name: text().notNull(),
  type: id().notNull(),
  priority: id(),
  category: id(),
  project: id(),
  teamId: id().references(() => teams.id),
  version: integer().notNull(),
  createdAt: instant().notNull(),
  updatedAt: instant().notNull(),
})
