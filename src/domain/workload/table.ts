import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import { people } from '../people/table.ts'

/** How much somebody of the support team is given; no row: as much as anybody. */
export const workloads = withKey(
  pgTable('workloads', {
    personId: id()
      .primaryKey()
      .references(() => people.id),
    /** Unresolved tickets past which nothing is given by a strategy; null: no limit. */
    capacity: integer(),
    weight: integer().notNull(),
    version: integer().notNull(),
    updatedAt: instant().notNull(),
  }),
  'personId',
)

/** When somebody is away, and who stands in for them. */
export const absences = pgTable(
  'absences',
  {
    id: id().primaryKey(),
    personId: id()
      .notNull()
      .references(() => people.id),
    startsAt: instant().notNull(),
    endsAt: instant().notNull(),
    substituteId: id().references(() => people.id),
    note: text(),
    createdAt: instant().notNull(),
  },
  (t) => [index('absences_person').on(t.personId, t.endsAt)],
)

/** How turns have gone, for each group that takes turns. */
export const assignmentTurns = withKey(
  pgTable('assignment_turns', {
    key: id().primaryKey(),
    lastPersonId: id(),
    /** Who takes part, with their weights: when that changes the turns begin anew. */
    among: text().notNull().default(''),
    /** Turns of each since then. */
    served: jsonb().$type<Record<string, number>>().notNull().default({}),
  }),
  'key',
)
