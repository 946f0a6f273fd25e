import { boolean, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Action } from '../rules/schema.ts'
import type { Job } from './schema.ts'

/** Long work: changes of many tickets, or the erasure of a person. The row holds which, and how far one has come: whoever takes its next step needs nothing else. */
export const bulkJobs = pgTable('bulk_jobs', {
  id: id().primaryKey(),
  kind: text().$type<Job['kind']>().notNull().default('bulk_change'),
  state: text().$type<Job['state']>().notNull(),
  /** In the order in which they are changed. */
  ticketIds: text().array().notNull(),
  actions: jsonb().$type<Action[]>().notNull(),
  /** Who is erased. */
  personId: id(),
  /** Whether the subjects of their tickets are, too. */
  subjects: boolean().notNull().default(false),
  progress: jsonb().$type<Job['progress']>().notNull(),
  failures: jsonb().$type<Job['failures']>().notNull(),
  detail: text(),
  createdById: id().notNull(),
  /** Of the key that began it; its person's rights are looked up at each step. */
  apiKeyId: id(),
  scopes: text().array().notNull(),
  createdAt: instant().notNull(),
  startedAt: instant(),
  finishedAt: instant(),
  /** Where the next step of an erasure begins. */
  cursor: text(),
  /** How many steps were made: a job for another step finds nothing to do. */
  step: integer().notNull(),
})
