import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import { activities } from '../activities/table.ts'
import { people } from '../people/table.ts'
import { tickets } from '../tickets/table.ts'
import type { EntrySource, EntryState, Money, SheetState, TimeSettings } from './schema.ts'

export const timeEntries = pgTable(
  'time_entries',
  {
    id: id().primaryKey(),
    ticketId: id()
      .notNull()
      .references(() => tickets.id),
    personId: id()
      .notNull()
      .references(() => people.id),
    startedAt: instant().notNull(),
    endedAt: instant(),
    /** Of a timer that runs: what it had when it was last started. */
    durationSeconds: integer().notNull(),
    billableSeconds: integer().notNull(),
    /** Since when a timer runs this time. */
    resumedAt: instant(),
    activity: id().references(() => activities.key),
    billable: boolean().notNull(),
    rate: jsonb().$type<Money>(),
    note: text(),
    source: text().$type<EntrySource>().notNull(),
    state: text().$type<EntryState>().notNull(),
    week: id().notNull(),
    reversesId: id(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    version: integer().notNull(),
  },
  (t) => [
    // whoever has a timer running cannot start another, in any process
    uniqueIndex('time_entries_one_running').on(t.personId).where(sql`state = 'running'`),
    uniqueIndex('time_entries_reversed_once').on(t.reversesId).where(sql`reverses_id is not null`),
    index('time_entries_ticket').on(t.ticketId, t.id),
    index('time_entries_week').on(t.personId, t.week),
    index('time_entries_started').on(t.startedAt, t.id),
  ],
)

/** The weeks of people that were handed in; no row: open. */
export const timesheets = pgTable(
  'timesheets',
  {
    id: id().primaryKey(),
    personId: id()
      .notNull()
      .references(() => people.id),
    week: id().notNull(),
    state: text().$type<SheetState>().notNull(),
    /** Why it was given back. */
    note: text(),
    submittedAt: instant(),
    decidedAt: instant(),
    decidedById: id(),
    version: integer().notNull(),
  },
  (t) => [uniqueIndex('timesheets_week').on(t.personId, t.week)],
)

/** One row: how time is rounded. */
export const timeSettings = withKey(
  pgTable('time_settings', {
    id: id().primaryKey(),
    roundToSeconds: integer().notNull(),
    rounding: text().$type<TimeSettings['rounding']>().notNull(),
    minimumSeconds: integer().notNull(),
    version: integer().notNull(),
  }),
  'id',
)
