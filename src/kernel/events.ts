import { sql } from 'drizzle-orm'
import { bigint, index, integer, json, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../db/columns.ts'
import type { Actor, Channel } from './actor.ts'
import type { Instant } from './clock.ts'

/**
 * Filled by each feature: event type → its data. A misspelt event does not compile.
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: features merge their events into it
export interface EventData {}
type EventType = keyof EventData & string

export type Changes = Record<string, { from: unknown; to: unknown }>
interface EventObject {
  type: string
  id: string
  version: number | null
}
export interface Cause {
  eventId: string | null
  command: string
  ruleKey: string | null
  runId: string | null
}

/** What a command tells: what happened to which object, and the facts that rules read now and explain from later. */
export type NewEvent = {
  [T in EventType]: {
    type: T
    ticketId?: string
    object: EventObject
    /** Only for what existed before. */
    changes?: Changes
    data: EventData[T]
    /** A private deep copy of the condition fields, as they were at this event. */
    facts?: Record<string, unknown>
    /** The rows as this transaction holds them, for what follows from the event; not stored. */
    working?: unknown
    /** What it follows from, where that was told by an earlier transaction. */
    follows?: Origin
  }
}[EventType]

/** So much of an event says how what follows from it came about. */
type Origin = Pick<DeskEvent, 'id' | 'depth' | 'lineage' | 'isSilenced'>

/** What happened: one row, for audit, timeline, rules, webhooks and the feed. Never changed but by erasure. */
export type DeskEvent = NewEvent & {
  id: string
  at: Instant
  actor: Actor
  channel: Channel
  cause: Cause | null
  depth: number
  /** The rules by whose doing it came about, first to last; not stored. */
  lineage: readonly string[]
  /** What began this asks for no automatic answer (RFC 3834); not stored. */
  isSilenced: boolean
}

export const events = pgTable(
  'events',
  {
    id: id().primaryKey(),
    type: text().notNull(),
    at: instant().notNull(),
    actorKind: text().notNull(),
    actorId: text().notNull(),
    apiKeyId: text(),
    channel: text().$type<Channel>().notNull(),
    ticketId: id(),
    objectType: text().notNull(),
    objectId: text().notNull(),
    objectVersion: integer(),
    changes: jsonb().$type<Changes>().notNull(),
    data: jsonb().$type<unknown>().notNull(),
    cause: jsonb().$type<Cause | null>(),
    // written with every event, read for an explanation now and then: text costs less than a binary tree
    facts: json().$type<Record<string, unknown>>().notNull(),
    requestId: text(),
  },
  (t) => [
    index('events_ticket').on(t.ticketId, t.id),
    // tickets that were reopened, for statistics
    index('events_reopened')
      .on(t.at)
      .where(
        sql`type = 'ticket.changed' and changes #>> '{solvedAt,from}' is not null and changes #>> '{solvedAt,to}' is null`,
      ),
    index('events_object').on(t.objectId, t.objectVersion).where(sql`ticket_id is null`),
  ],
)

/** Events that the relay has not numbered yet. The identity is taken after the ticket's lock, so the order of one ticket is right. */
export const feedPending = pgTable('feed_pending', {
  position: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  eventId: id().notNull(),
})

/** The order in which everybody reads events: numbered after their commit by one relay at a time, so that a cursor never skips. */
export const feed = pgTable('feed', { sequence: bigint({ mode: 'number' }).primaryKey(), eventId: id().notNull() })

/** The row of an event. */
export function eventRow(event: DeskEvent, requestId: string | null): typeof events.$inferInsert {
  return {
    id: event.id,
    type: event.type,
    at: event.at,
    actorKind: event.actor.kind,
    actorId: event.actor.id,
    apiKeyId: event.actor.kind === 'person' ? event.actor.apiKeyId : null,
    channel: event.channel,
    ticketId: event.ticketId ?? null,
    objectType: event.object.type,
    objectId: event.object.id,
    objectVersion: event.object.version,
    changes: event.changes ?? {},
    data: event.data,
    cause: event.cause,
    facts: event.facts ?? {},
    requestId,
  }
}

/** The fields that differ, as an event tells them. */
export function changesBetween<T extends object>(before: T, changes: Partial<T>): Changes {
  const differing = (Object.keys(changes) as (keyof T & string)[]).filter((key) => !same(before[key], changes[key]))
  return Object.fromEntries(differing.map((key) => [key, { from: before[key], to: changes[key] }]))
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)
