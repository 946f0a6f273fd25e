import type { InferInsertModel } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Static, TSchema } from 'typebox'
import type { Connection, Rows } from '../db/client.ts'
import type { Sql } from '../db/statement.ts'
import { type Actor, type Channel, type Group, permits } from './actor.ts'
import { type Attempts, attempt, NEEDS_STATEMENT } from './attempt.ts'
import { check } from './check.ts'
import type { Instant } from './clock.ts'
import { type Changes, type DeskEvent, eventRow, events, feedPending, type NewEvent } from './events.ts'
import { newId } from './ids.ts'
import { type NewJob, outbox } from './jobs.ts'
import { Problem, type ProblemCode } from './problems.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { Cached, Versions } from './versions.ts'
import type { WriteSet } from './write-set.ts'

/** What a command may look at before it decides. All statements of one `subject` can be sent together: they share a round trip. */
export interface SubjectContext {
  tx: Connection
  actor: Actor
  channel: Channel
  now: Instant
  secrets: Secrets
  settings: Settings
  /** Configuration as of this transaction. */
  cached<T>(part: Cached<T>): Promise<T>
}

export type Refusal = ProblemCode | Problem | undefined

/** What slow work before the transaction has. */
export interface BeforeContext {
  /** Each statement on its own: what it writes stays, whatever becomes of the command. */
  db: Connection
  actor: Actor
  now: Instant
  /** The network address of whoever asks, where that is known. */
  peer: string | null
}

/** One verb, one transaction. In this order: the input is checked, the subject locked, the actor perhaps refused, the change made. */
export interface Command<I extends TSchema, S, R, B = unknown> {
  name: string
  /** The part of the desk it writes to, for the scopes of API keys. */
  group: Group
  input: I
  /** It concerns nobody but who runs it: no role has to name it. */
  isPersonal?: boolean
  /** Slow work that must hold no transaction open, done once; `subject` gets what it found as `before`. */
  before?(context: BeforeContext, input: Static<I>): Promise<B>
  subject(context: SubjectContext & { before: NoInfer<B> }, input: Static<I>): Promise<S>
  /** Permission and state, pure: why not, or nothing. */
  refuse(actor: Actor, subject: S, input: Static<I>): Refusal
  handle(context: CommandContext, input: Static<I>, subject: S): R | Promise<R>
  /** What the caller gets of what was made, once all that follows from it is done: rules may have changed it. */
  answer?(made: NoInfer<R>, after: After<NoInfer<S>>): NoInfer<R>
  /** Constraints whose violation means that somebody was quicker: it is run again and sees their row. */
  retryOn?: readonly string[]
  /** Constraints whose violation is the caller's mistake. */
  constraints?: Readonly<Record<string, ProblemCode>>
  /** Whether it locks no more than the rows that it changes, and reads nothing after it has begun to write: it is tried without locks first. */
  runsUnlocked?(input: Static<I>): boolean
  /** Members shown once: they are not kept for a replay. */
  secretResult?: readonly string[]
  /** What it takes is secret, or proves who asks: nothing of it is kept under an Idempotency-Key, each call is run. */
  everyTime?: boolean
  /** It may be the action of a rule. */
  ruleAction?: RuleAction<I, S>
}

/** How things stand when a command and all that follows from it are done. */
export interface After<S> {
  actor: Actor
  subject: S
  /** The rows of a ticket as the transaction holds them now; see `NewEvent.working`. */
  working(ticketId: string): unknown
}

/** How a rule runs a command on the ticket of its event. */
interface RuleAction<I extends TSchema, S> {
  /** What the author of a rule gives; the ticket is that of the event. */
  input: TSchema
  /** What no schema says of it, pure: a rule that can only fail is not saved. */
  refuse?(given: Omit<Static<I>, 'ticketId'>): Problem | undefined
  /**
   * The subject, from the ticket as the event's command holds it and without a statement; undefined where it takes one. An action that
   * needs none costs no round trip.
   */
  subject?(locked: unknown, input: Static<I>, context: SubjectContext): Promise<S | undefined> | S | undefined
}

export const throwIfRefused = (refusal: Refusal): void => {
  if (refusal) throw refusal instanceof Problem ? refusal : new Problem(refusal)
}

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
  /** Configuration as of this transaction. */
  cached<T>(part: Cached<T>): Promise<T>
  /** A further command in the same transaction, checked and perhaps refused like any other; what was written before is sent first. */
  run<I extends TSchema, S, R>(command: Command<I, S, R>, input: Static<I>, options?: { ticketId: string }): Promise<R>
  /** The event that this follows from. */
  cause: DeskEvent | undefined
  /** What began this asks for no automatic answer (RFC 3834). */
  isSilenced: boolean
  /** What is left to a whole transaction, by name: which rules have acted on which ticket. */
  notes: Set<string>
  /** What the events of a rule's run have changed, by field: from what it was first to what it is now. */
  changesOf(runId: string): Changes
  /** The rows of a ticket as this transaction holds them; see `NewEvent.working`. */
  working(ticketId: string): unknown
  /** All or nothing, without sinking the command: gives back the problem that stopped the work, and takes back what it did. */
  attempt(work: (context: CommandContext) => Promise<void>): Promise<Problem | undefined>
  /** The same transaction, told as the doing of a rule. */
  byRule(rule: ActingRule): CommandContext
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

interface ActingRule {
  key: string
  runId: string
  /** What it says may not leave as mail: see DeskEvent. */
  isSilenced: boolean
}

/** One transaction on its way. */
export interface Unit {
  tx: Connection
  cached<T>(part: Cached<T>): Promise<T>
  /** Hears of bugs that an attempt survived. */
  onError(error: unknown): void
  /** The rule that acts, and its run. */
  rule?: ActingRule
  attempts: Attempts
  /** False in an attempt that has no savepoint. */
  mayRead: boolean
  notes: Set<string>
  working: Map<string, unknown>
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

/** Events that follow from one that a command tells, reactions and their events included. Past it something never settles: a bug of ours. */
const FOLLOWING_MAX = 1_000

export function contextFor(unit: Unit, cause?: DeskEvent): CommandContext {
  const { tx, writes, now, actor, channel, cached, secrets, settings } = unit
  const flush = async () => {
    if (!unit.mayRead) throw NEEDS_STATEMENT
    const pending = writes.take()
    if (pending) await tx.query(pending)
  }
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
      const { key: ruleKey = null, runId = null } = unit.rule ?? {}
      const origin = cause ?? event.follows
      const causedBy = origin ? { eventId: origin.id, command: unit.command, ruleKey, runId } : null
      const lineage = origin?.lineage ?? []
      if (event.ticketId !== undefined && event.working !== undefined) unit.working.set(event.ticketId, event.working)
      unit.history.push({
        ...event,
        id: newId('evt'),
        at: now,
        actor,
        channel,
        cause: causedBy,
        depth: origin ? origin.depth + 1 : 0,
        lineage: ruleKey === null ? lineage : [...lineage, ruleKey],
        isSilenced: unit.rule?.isSilenced ?? origin?.isSilenced ?? false,
      })
    },
    enqueue({ queue, data }, startAt = now) {
      unit.jobs.count++
      writes.insert(outbox, { queue, data, startAt, createdAt: now })
    },
    as: (other) => contextFor({ ...unit, actor: other }, cause),
    byRule: (rule) => contextFor({ ...unit, rule, actor: { kind: 'rule', id: rule.key }, channel: 'rule' }, cause),
    cached,

    async run(command, input, options) {
      const checked = check(command.input, input)
      if (!permits(actor, command)) throw new Problem('forbidden')
      const looking: SubjectContext = { tx, actor, channel, now, secrets, settings, cached }
      const rows = options && unit.working.get(options.ticketId)
      const held = rows === undefined ? undefined : await command.ruleAction?.subject?.(rows, checked, looking)
      if (held === undefined) await flush()
      const subject = held ?? (await command.subject({ ...looking, before: undefined as never }, checked)) // those with slow work are run by adapters
      throwIfRefused(command.refuse(actor, subject, checked))
      return command.handle(contextFor({ ...unit, command: command.name }, cause), checked, subject)
    },
    attempt: (work) => attempt(unit, (mayRead) => work(contextFor({ ...unit, mayRead }, cause))),
    cause,
    isSilenced: unit.rule?.isSilenced ?? false,
    notes: unit.notes,
    changesOf: (runId) =>
      unit.history
        .filter((event) => event.cause?.runId === runId)
        .flatMap(({ changes = {} }) => Object.entries(changes))
        .reduce(
          (all: Changes, [field, { from, to }]) =>
            Object.assign(all, { [field]: { from: all[field]?.from ?? from, to } }),
          {},
        ),
    working: (ticketId) => unit.working.get(ticketId),
    async query(statement) {
      if (!unit.mayRead) throw NEEDS_STATEMENT
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
  const settled = FOLLOWING_MAX * Math.max(1, unit.history.length)
  for (const event of unit.history) {
    if (unit.history.length > settled) throw new Error(`${unit.command} never settles`)
    unit.writes.insert(events, eventRow(event, unit.requestId))
    unit.writes.insert(feedPending, { eventId: event.id })
    for (const react of reactions) await react(event, contextFor(unit, event))
  }
}
