import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { people } from '../people/table.ts'
import type { Contract, Explanation, LedgerKind, Term } from './schema.ts'

const amount = () => bigint({ mode: 'number' })

export const contracts = pgTable(
  'contracts',
  {
    id: id().primaryKey(),
    name: text().notNull(),
    note: text(),
    requesterId: id().references(() => people.id),
    organizationId: id(),
    unit: text().$type<Contract['unit']>().notNull(),
    period: text().$type<Contract['period']>().notNull(),
    timeZone: text().notNull(),
    /** Dates as texts: their order is that of days. */
    startsOn: id().notNull(),
    endsOn: id(),
    drawdown: text().$type<Contract['drawdown']>().notNull(),
    allowance: amount().notNull(),
    carryOverMax: amount(),
    pointsPerHour: integer(),
    unitsPerTicket: amount(),
    roundToSeconds: integer().notNull(),
    overage: text().$type<Contract['overage']>().notNull(),
    overageLimit: amount(),
    terms: jsonb().$type<Term[]>().notNull(),
    thresholds: jsonb().$type<number[]>().notNull(),
    /** What the ledger sums up to, and its last row: both only change with a new one. */
    balance: amount().notNull(),
    sequence: integer().notNull(),
    /** The first day of the period that runs; null before the first. */
    periodOn: id(),
    /** What the period began with, and what was adjusted since. */
    granted: amount().notNull(),
    /** The thresholds that were told in this period. */
    reached: jsonb().$type<number[]>().notNull(),
    /** When the next period begins, or the contract ends; null: nothing follows. */
    turnsAt: instant(),
    endedAt: instant(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (t) => [
    index('contracts_requester').on(t.requesterId).where(sql`requester_id is not null`),
    index('contracts_organization').on(t.organizationId).where(sql`organization_id is not null`),
    index('contracts_turns').on(t.turnsAt).where(sql`turns_at is not null`),
  ],
)

/** What was granted and used, row by row. The database itself lets none be changed or removed, but for a note that is blanked. */
export const contractLedger = pgTable(
  'contract_ledger',
  {
    id: id().primaryKey(),
    contractId: id()
      .notNull()
      .references(() => contracts.id),
    sequence: integer().notNull(),
    kind: text().$type<LedgerKind>().notNull(),
    amount: amount().notNull(),
    balance: amount().notNull(),
    periodOn: id(),
    ticketId: id(),
    timeEntryId: id(),
    note: text(),
    explanation: jsonb().$type<Explanation>(),
    at: instant().notNull(),
  },
  (t) => [
    uniqueIndex('contract_ledger_sequence').on(t.contractId, t.sequence),
    index('contract_ledger_entry').on(t.timeEntryId).where(sql`time_entry_id is not null`),
    index('contract_ledger_ticket').on(t.ticketId).where(sql`ticket_id is not null`),
  ],
)
