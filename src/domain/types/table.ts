import { sql } from 'drizzle-orm'
import { boolean, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import { teams } from '../people/table.ts'
import type { StatusCategory } from './schema.ts'

/** What the words of all vocabularies have. */
const word = () => ({
  key: id().primaryKey(),
  name: text().notNull(),
  position: integer().notNull(),
  version: integer().notNull().default(1),
  createdAt: instant().notNull().default(sql`now()`),
  updatedAt: instant().notNull().default(sql`now()`),
})

/** Kinds of ticket. */
export const types = withKey(
  pgTable('types', {
    ...word(),
    /** A disabled type takes no new tickets. */
    enabled: boolean().notNull(),
    /** Requesters are not offered a hidden one. */
    hidden: boolean().notNull().default(false),
    icon: text(),
    numberPrefix: text(),
    defaultStatus: id().notNull(),
    defaultPriority: id().notNull(),
    defaultTeamId: id().references(() => teams.id),
  }),
  'key',
)

export const statuses = withKey(
  pgTable('statuses', {
    ...word(),
    category: text().$type<StatusCategory>().notNull(),
    /** What requesters read; the name where empty. */
    requesterLabel: text(),
    /** Whether the requester is mailed when their ticket comes here, and by which template. */
    notifyRequester: boolean().notNull().default(false),
    template: id(),
    pausesSla: boolean().notNull().default(false),
  }),
  'key',
)

/** `position` orders them: higher is more urgent. */
export const priorities = withKey(pgTable('priorities', word()), 'key')

export const categories = withKey(pgTable('categories', word()), 'key')

export const projects = withKey(pgTable('projects', word()), 'key')
