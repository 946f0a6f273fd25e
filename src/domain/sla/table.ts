import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { StatusCategory } from '../types/schema.ts'
import type { SlaDefinition, SlaEntryKind, SlaMetric, SlaState, SlaTarget } from './schema.ts'

/** The policies as they hold now. */
export const slaPolicies = withKey(
  pgTable(
    'sla_policies',
    {
      key: id().primaryKey(),
      name: text().notNull(),
      position: integer().notNull(),
      if: jsonb().$type<Condition>().notNull(),
      /** By whose hours time counts; null: round the clock. */
      calendar: id(),
      targets: jsonb().$type<SlaTarget[]>().notNull(),
      pausedIn: text().array(),
      warningPercent: integer(),
      enabled: boolean().notNull(),
      version: integer().notNull(),
      createdAt: instant().notNull(),
      updatedAt: instant().notNull(),
    },
    (t) => [index('sla_policies_position').on(t.position, t.key)],
  ),
  'key',
)

/** What a policy said at each time, with the hours that it counted by; never changed, and kept when the policy goes. */
export const slaRevisions = withKey(
  pgTable(
    'sla_revisions',
    {
      policyKey: id().notNull(),
      version: integer().notNull(),
      definition: jsonb().$type<SlaDefinition>().notNull(),
      createdAt: instant().notNull(),
    },
    (t) => [primaryKey({ columns: [t.policyKey, t.version] })],
  ),
  'policyKey',
  'version',
)

/** What happened to the clocks of a ticket. With the revisions it alone decides how they stand; nobody is named in it. */
export const slaLog = withKey(
  pgTable(
    'sla_log',
    {
      ticketId: id().notNull(),
      sequence: integer().notNull(),
      at: instant().notNull(),
      what: text().$type<SlaEntryKind>().notNull(),
      policyKey: id(),
      policyVersion: integer(),
      priority: id(),
      status: id(),
      statusCategory: text().$type<StatusCategory>(),
      isGone: boolean(),
      isReplied: boolean(),
      awaitsReply: boolean(),
      metric: text().$type<SlaMetric>(),
    },
    (t) => [primaryKey({ columns: [t.ticketId, t.sequence] })],
  ),
  'ticketId',
  'sequence',
)

/** How a ticket stands after the last entry of its log. */
export const slaTickets = withKey(
  pgTable('sla_tickets', {
    ticketId: id().primaryKey(),
    sequence: integer().notNull(),
    at: instant().notNull(),
    policyKey: id(),
    policyVersion: integer(),
    priority: id(),
    status: id().notNull(),
    statusCategory: text().$type<StatusCategory>().notNull(),
    isGone: boolean().notNull(),
    isReplied: boolean().notNull(),
  }),
  'ticketId',
)

/** How its clocks stand: for lists, and for what is due. Rows are taken under the lock of their ticket. */
export const slaClocks = withKey(
  pgTable(
    'sla_clocks',
    {
      id: id().primaryKey(),
      ticketId: id().notNull(),
      metric: text().$type<SlaMetric>().notNull(),
      policyKey: id(),
      policyVersion: integer(),
      state: text().$type<SlaState>().notNull(),
      startedAt: instant().notNull(),
      targetSeconds: integer(),
      /** What had been counted at `countedAt`. */
      elapsedMs: bigint({ mode: 'number' }).notNull(),
      countedAt: instant().notNull(),
      dueAt: instant(),
      warnAt: instant(),
      metAt: instant(),
      warnedAt: instant(),
      breachedAt: instant(),
      /** When its warning or breach is tried to be told: the moment itself at first, later after an attempt that broke. */
      tryAt: instant(),
      attempts: integer().notNull(),
    },
    (t) => [
      uniqueIndex('sla_clocks_ticket').on(t.ticketId, t.metric),
      index('sla_clocks_try').on(t.tryAt).where(sql`try_at is not null`),
      // what is due next, and of all that ever was; in the words of the list's own statement
      index('sla_clocks_running')
        .on(sql`coalesce(due_at, 'infinity')`, t.id)
        .where(sql`state = 'running' and target_seconds is not null`),
      index('sla_clocks_due').on(sql`coalesce(due_at, 'infinity')`, t.id).where(sql`target_seconds is not null`),
    ],
  ),
  'id',
)
