import type { InferInsertModel } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Rows, Tx } from '../db/client.ts'
import type { Sql } from '../db/statement.ts'
import type { Actor, Channel } from './actor.ts'
import type { Instant } from './clock.ts'
import { type DeskEvent, eventRow, events, feedPending, type NewEvent } from './events.ts'
import { newId } from './ids.ts'
import { type NewJob, outbox } from './jobs.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { Versions } from './versions.ts'
import type { WriteSet } from './write-set.ts'

/** What a command may touch. There is no `db` here: a query outside the transaction would escape it, and hang on PGlite. */
export interface CommandContext {
  actor: Actor
  channel: Channel
  now: Instant
  versions: Versions
  secrets: Secrets
  settings: Settings
  signToken(claims: TokenClaims): string
  insert<T extends PgTable>(table: T, row: InferInsertModel<T>): void
  insertMissing<T extends PgTable>(table: T, row: InferInsertModel<T>): void
  update<T extends PgTable>(table: T, current: T['$inferSelect'], changes: Partial<InferInsertModel<T>>): void
  remove<T extends PgTable>(table: T, current: T['$inferSelect']): void
  emit(event: NewEvent): void
  /** At once, or not before a moment. */
  enqueue(job: NewJob, startAt?: Instant): void
  /** The same transaction, as somebody else: what is told from here on is theirs. */
  as(actor: Actor): CommandContext
  /** A later read; what was written before is sent first, so that it sees it. */
  query<R>(statement: Sql<R>): Promise<Rows<R>>
  /** Sends a statement of its own at once, and does not wait for it: the commit fails if it fails. */
  send(statement: Sql): void
}

/** What an access token says; issuer, audience and type are added where it is signed. Times in seconds (RFC 7519). */
export interface TokenClaims {
  sub: string
  sid: string
  jti: string
  iat: number
  exp: number
}

/** What follows from an event, in the same transaction. */
export type Reaction = (event: DeskEvent, context: CommandContext) => void | Promise<void>

/** One transaction on its way. */
export interface Unit {
  tx: Tx
  actor: Actor
  channel: Channel
  requestId: string | null
  now: Instant
  versions: Versions
  secrets: Secrets
  settings: Settings
  signToken(claims: TokenClaims): string
  writes: WriteSet
  /** Statements that nobody waited for. */
  sent: Promise<unknown>[]
  history: DeskEvent[]
  command: string
  jobs: { count: number }
}

/** Events of one command, reactions and their events included. Past it something never settles: a bug of ours. */
const HISTORY_MAX = 1_000

export function contextFor(unit: Unit, cause?: DeskEvent): CommandContext {
  const { tx, writes, now, actor, channel } = unit
  return {
    actor,
    channel,
    now,
    versions: unit.versions,
    secrets: unit.secrets,
    settings: unit.settings,
    signToken: unit.signToken,
    insert: (table, row) => writes.insert(table, row),
    insertMissing: (table, row) => writes.insertMissing(table, row),
    update: (table, current, changes) => writes.update(table, current, changes),
    remove: (table, current) => writes.remove(table, current),

    emit(event) {
      const causedBy = cause ? { eventId: cause.id, command: unit.command, ruleKey: null, runId: null } : null
      unit.history.push({
        ...event,
        id: newId('evt'),
        at: now,
        actor,
        channel,
        cause: causedBy,
        depth: cause ? cause.depth + 1 : 0,
      })
    },
    enqueue({ queue, data }, startAt = now) {
      unit.jobs.count++
      writes.insert(outbox, { queue, data, startAt, createdAt: now })
    },
    as: (other) => contextFor({ ...unit, actor: other }, cause),
    async query(statement) {
      const pending = writes.take()
      const flushed = pending && tx.query(pending)
      const [, rows] = await Promise.all([flushed, tx.query(statement)])
      return rows
    },
    send(statement) {
      const sending = tx.query(statement)
      sending.catch(() => {}) // heard of by the commit
      unit.sent.push(sending)
    },
  }
}

/** Writes each event and runs its reactions. `history` grows while we walk it: a reaction may emit more. */
export async function follow(unit: Unit, reactions: readonly Reaction[]): Promise<void> {
  for (const event of unit.history) {
    if (unit.history.length > HISTORY_MAX) throw new Error(`${unit.command} never settles`)
    unit.writes.insert(events, eventRow(event, unit.requestId))
    unit.writes.insert(feedPending, { eventId: event.id })
    for (const react of reactions) await react(event, contextFor(unit, event))
  }
}
