import { bigint, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from '../db/columns.ts'

/**
 * Filled by each feature: queue → what a job carries. Ids only: what a user wants to see has a ledger row.
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: features merge their jobs into it
export interface JobData {}
export type Queue = keyof JobData & string

export type NewJob = { [Q in Queue]: { queue: Q; data: JobData[Q] } }[Queue]

/** Work for the world outside, written with its cause. The relay hands it to the queue after the commit. */
export const outbox = pgTable('outbox', {
  position: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  queue: text().notNull(),
  data: jsonb().notNull(),
  startAt: instant().notNull(),
  createdAt: instant().notNull(),
})
