import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { Action, RuleDefinition, RuleWait, RunOutcome } from './schema.ts'

/** The rules as they hold now. */
export const rules = withKey(
  pgTable(
    'rules',
    {
      key: id().primaryKey(),
      name: text().notNull(),
      /** The event types that it listens to. */
      on: text().array().notNull(),
      /** The ticket types that it concerns; null: all. */
      types: text().array(),
      if: jsonb().$type<Condition>().notNull(),
      /** How long it waits before it acts; null: not at all. */
      after: jsonb().$type<RuleWait>(),
      then: jsonb().$type<Action[]>().notNull(),
      position: integer().notNull(),
      enabled: boolean().notNull(),
      state: text().$type<'draft' | 'published'>().notNull(),
      stop: boolean().notNull(),
      reactToRules: boolean().notNull(),
      revision: integer().notNull(),
      /** Waits that an earlier revision began count no more. */
      waitsFrom: integer().notNull().default(1),
      createdAt: instant().notNull(),
      updatedAt: instant().notNull(),
    },
    (t) => [index('rules_position').on(t.position, t.key)],
  ),
  'key',
)

/** What a rule said at each time; a removed rule leaves its own. */
export const ruleRevisions = withKey(
  pgTable(
    'rule_revisions',
    {
      ruleKey: id().notNull(),
      revision: integer().notNull(),
      /** The version of the rules from which on it held; the facts of an event say which version that was. */
      rulesVersion: integer().notNull(),
      definition: jsonb().$type<RuleDefinition>().notNull(),
      byId: id(),
      createdAt: instant().notNull(),
    },
    (t) => [primaryKey({ columns: [t.ruleKey, t.revision] })],
  ),
  'ruleKey',
  'revision',
)

/** What rules did: fired, stopped, guarded and failed. That one did not match is computed from the event's facts. */
export const ruleRuns = pgTable(
  'rule_runs',
  {
    id: id().primaryKey(),
    ruleKey: id().notNull(),
    revision: integer().notNull(),
    eventId: id().notNull(),
    ticketId: id().notNull(),
    outcome: text().$type<RunOutcome>().notNull(),
    changes: jsonb().$type<Record<string, { from: unknown; to: unknown }>>().notNull(),
    /** Why it failed or was held back. */
    detail: text(),
    at: instant().notNull(),
  },
  (t) => [index('rule_runs_ticket').on(t.ticketId, t.id)],
)

/**
 * Rules that wait before they act on a ticket: one row for each such rule and ticket. Times are the database's, whatever the clocks of
 * processes say. Rows are taken under the lock of their ticket, and by it fired once.
 */
export const ruleTimers = pgTable(
  'rule_timers',
  {
    id: id().primaryKey(),
    ruleKey: id().notNull(),
    revision: integer().notNull(),
    ticketId: id().notNull(),
    /** What began the wait, and how that came about: loops are told over waits, too. */
    eventId: id().notNull(),
    depth: integer().notNull(),
    lineage: text().array().notNull(),
    isSilenced: boolean().notNull(),
    dueAt: instant().notNull(),
    /** When it is tried: `dueAt` at first, later after an attempt that broke. */
    tryAt: instant().notNull(),
    attempts: integer().notNull(),
    createdAt: instant().notNull(),
  },
  (t) => [uniqueIndex('rule_timers_ticket').on(t.ticketId, t.ruleKey), index('rule_timers_try').on(t.tryAt)],
)
