import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { TriedRule } from '../rules/schema.ts'
import type { SimulatedEvent, SimulationCounts, SimulationProgress, SimulationState, TicketPast } from './schema.ts'

/** Rules tried on past events. The row holds how far one has come: whoever takes its next step needs nothing else. */
export const ruleSimulations = pgTable(
  'rule_simulations',
  {
    id: id().primaryKey(),
    ruleKey: id().notNull(),
    revision: integer(),
    rule: jsonb().$type<TriedRule>().notNull(),
    from: instant().notNull(),
    to: instant().notNull(),
    eventsMax: integer().notNull(),
    state: text().$type<SimulationState>().notNull(),
    progress: jsonb().$type<SimulationProgress>().notNull(),
    counts: jsonb().$type<SimulationCounts>().notNull(),
    samples: jsonb().$type<SimulatedEvent[]>().notNull(),
    misses: jsonb().$type<SimulatedEvent[]>().notNull(),
    detail: text(),
    createdById: id(),
    createdAt: instant().notNull(),
    startedAt: instant(),
    finishedAt: instant(),
    /** How many steps were made: a job for another step finds nothing to do. */
    step: integer().notNull(),
    /** The event that was looked at last. */
    cursor: id().notNull(),
  },
  (t) => [index('rule_simulations_rule').on(t.ruleKey, t.id)],
)

/** What a simulation remembers of a ticket for the events behind; gone when it is over. */
export const ruleSimulationTickets = pgTable(
  'rule_simulation_tickets',
  {
    simulationId: id()
      .notNull()
      .references(() => ruleSimulations.id, { onDelete: 'cascade' }),
    ticketId: id().notNull(),
    past: jsonb().$type<TicketPast>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.simulationId, t.ticketId] })],
)
