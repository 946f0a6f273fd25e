import type { Static, TSchema } from 'typebox'
import type { Connection, Db, Reader, Tx } from '../db/client.ts'
import { type Actor, type Channel, type Group, hasScope, isStaff } from './actor.ts'
import type { Attempts } from './attempt.ts'
import { check } from './check.ts'
import { type Clock, type Instant, instantOf } from './clock.ts'
import {
  type Command,
  contextFor,
  follow,
  type Reaction,
  type Refusal,
  type TokenClaims,
  throwIfRefused,
  type Unit,
} from './context.ts'
import { type Claim, claimOf, earlierResult, idempotencyKeys } from './idempotency.ts'
import { Problem, type ProblemCode } from './problems.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { type Cached, type Memory, readVersions, remembered, type Versions } from './versions.ts'
import { WriteSet } from './write-set.ts'

export interface QueryContext {
  db: Reader
  actor: Actor
  now: Instant
  secrets: Secrets
  settings: Settings
  cached<T>(part: Cached<T>): Promise<T>
}

/** One read: visibility is in its WHERE, `refuse` says whether this actor may ask at all. */
export interface Query<I extends TSchema, R> {
  name: string
  group: Group
  input: I
  refuse(actor: Actor, input: Static<I>): Refusal
  read(context: QueryContext, input: Static<I>): Promise<R>
}

export type { Command, SubjectContext } from './context.ts'

export const defineCommand = <I extends TSchema, S, R>(command: Command<I, S, R>): Command<I, S, R> => command

export const defineQuery = <I extends TSchema, R>(query: Query<I, R>): Query<I, R> => query

/** Where a session comes from: told in events, chosen by no input. */
interface Origin {
  channel: Channel
  requestId?: string
}

/** What an adapter holds: two methods, for one actor. */
export interface Session {
  actor: Actor
  read<I extends TSchema, R>(query: Query<I, R>, input: Static<I>): Promise<R>
  execute<I extends TSchema, S, R>(command: Command<I, S, R>, input: Static<I>): Promise<R>
  /** With an Idempotency-Key: the first success is stored with its effect, a repeat answers it. */
  executeOnce<I extends TSchema, S, R>(
    command: Command<I, S, R>,
    input: Static<I>,
    key: string,
  ): Promise<{ result: R; replayed: boolean }>
}

export interface Desk {
  as(actor: Actor, origin: Origin): Session
}

export interface DeskParts {
  db: Db
  clock: Clock
  secrets: Secrets
  settings: Settings
  reactions: readonly Reaction[]
  /** Signs an access token: the adapter that checks them knows how. */
  signToken(claims: TokenClaims): string
  /** Hears of bugs in what follows from events, which do not sink the command. */
  onError?(error: unknown): void
  /** Called after a commit that left events or jobs. */
  wakeRelay(): void
}

/** Runs that lost to a deadlock, to a serialisation failure or to somebody quicker. */
const TRIES_MAX = 4
const TRANSIENT = new Set(['40P01', '40001'])

/** The one door: every change is a command run here, every read a query. */
export function createDesk(parts: DeskParts): Desk {
  const memory: Memory = new Map()

  const as = (actor: Actor, origin: Origin): Session => {
    const run = async <I extends TSchema, S, R>(command: Command<I, S, R>, input: Static<I>, key?: string) => {
      if (!hasScope(actor, command.group, 'write', command.name))
        throw new Problem('missing_scope', { detail: `It takes the scope ${command.group}:write or ${command.name}.` })
      const checked = check(command.input, input)
      const claim = key === undefined ? undefined : claimOf(actor, command.name, key, checked)
      const attempts = { careful: false, made: 0 }
      for (let tries = 1; ; tries++) {
        try {
          return await runOnce(parts, memory, { actor, ...origin }, command, checked, claim, attempts)
        } catch (error) {
          // an error of the database that an attempt has hidden in the whole: once more, each attempt on its own
          const isHidden = attempts.made > 0 && !attempts.careful && isRefusedByDatabase(error)
          if (tries >= TRIES_MAX || !(isHidden || isTransient(error, command.retryOn)))
            throw problemFrom(error, command.constraints)
          attempts.careful ||= isHidden
          attempts.made = 0
        }
      }
    }
    return {
      actor,
      execute: async (command, input) => (await run(command, input)).result,
      executeOnce: (command, input, key) => run(command, input, key),
      read: (query, input) => read(parts, memory, actor, query, input),
    }
  }
  return { as }
}

async function read<I extends TSchema, R>(
  parts: DeskParts,
  memory: Memory,
  actor: Actor,
  query: Query<I, R>,
  input: Static<I>,
): Promise<R> {
  if (!hasScope(actor, query.group, 'read'))
    throw new Problem('missing_scope', { detail: `It takes the scope ${query.group}:read.` })
  const checked = check(query.input, input)
  throwIfRefused(query.refuse(actor, checked))
  const cached = async <T>(part: Cached<T>) => remembered(memory, part, await versionsOf(parts.db), parts.db)
  return query.read(
    { db: parts.db, actor, now: instantOf(parts.clock()), cached, secrets: parts.secrets, settings: parts.settings },
    checked,
  )
}

type Origined = Origin & { actor: Actor }

async function runOnce<I extends TSchema, S, R>(
  parts: DeskParts,
  memory: Memory,
  { actor, channel, requestId }: Origined,
  command: Command<I, S, R>,
  input: Static<I>,
  claim: Claim | undefined,
  attempts: Attempts,
): Promise<{ result: R; replayed: boolean }> {
  let left = false
  const answer = await parts.db.transaction(async (tx) => {
    const now = instantOf(parts.clock())
    // sent together with BEGIN and the statements of `subject`: one round trip
    const versions = versionsOf(tx)
    const replay = claim && earlierResult(tx, claim, now)
    const cached = async <T>(part: Cached<T>) => remembered(memory, part, await versions, tx)
    const seeking = command.subject({ tx, actor, now, cached, secrets: parts.secrets, settings: parts.settings }, input)
    const [found, earlier, current] = await Promise.allSettled([seeking, replay, versions])
    // in this order: a fault of the key comes before one of the subject
    if (earlier.status === 'rejected') throw earlier.reason
    if (current.status === 'rejected') throw current.reason
    const fault = found.status === 'rejected' ? found.reason : command.refuse(actor, found.value, input)
    const stored = earlier.value?.stored
    if (stored) return replayed<R>(actor, stored.result, fault)
    if (found.status === 'rejected') throw fault
    throwIfRefused(fault)

    const unit: Unit = {
      tx,
      cached,
      attempts,
      mayRead: true,
      notes: new Set(),
      working: new Map(),
      onError: parts.onError ?? (() => {}),
      actor,
      now,
      channel,
      requestId: requestId ?? null,
      versions: current.value,
      secrets: parts.secrets,
      settings: parts.settings,
      signToken: parts.signToken,
      writes: new WriteSet(),
      sent: [],
      history: [],
      jobs: { count: 0 },
      command: command.name,
    }
    const result = await command.handle(contextFor(unit), input, found.value)
    await follow(unit, parts.reactions)
    if (claim)
      remember(
        unit,
        { ...claim, result: storable(result, command.secretResult), createdAt: now },
        earlier.value?.expired,
      )
    left = unit.history.length > 0 || unit.jobs.count > 0
    await commit(unit)
    return { result, replayed: false }
  })
  if (left) parts.wakeRelay()
  return answer
}

/** Throws what went wrong first: after that every later statement fails too. */
async function commit({ tx, writes, sent }: Unit): Promise<void> {
  for (const end of await Promise.allSettled([...sent, tx.commit(writes.take())]))
    if (end.status === 'rejected') throw end.reason
}

type KeyRow = typeof idempotencyKeys.$inferSelect

function remember({ writes }: Unit, row: KeyRow, expired: KeyRow | undefined): void {
  if (expired) writes.update(idempotencyKeys, expired, row)
  else writes.insert(idempotencyKeys, row)
}

async function versionsOf(connection: Connection | Tx): Promise<Versions> {
  const [row] = (await connection.query(readVersions.bind({}))).rows
  if (!row) throw new Error('the database has no desk: the row of versions is missing')
  return row
}

/**
 * Whoever lost the right to see or to do it gets no replay. That the state has moved on since does not matter: uploads are used, a
 * removed thing is gone, by the very request that is repeated. A 404 hides from requesters only.
 */
function replayed<R>(actor: Actor, result: unknown, fault: unknown): { result: R; replayed: boolean } {
  if (fault !== undefined) {
    const problem = typeof fault === 'string' ? new Problem(fault as ProblemCode) : fault // refusals are codes or problems
    if (!(problem instanceof Problem)) throw problem
    if (problem.status === 403 || (problem.status === 404 && !isStaff(actor))) throw problem
  }
  return { result: result as R, replayed: true } // stored by the same command
}

function storable(result: unknown, secrets: readonly string[] = []): unknown {
  if (!secrets.length || typeof result !== 'object' || result === null) return result ?? null
  return { ...result, ...Object.fromEntries(secrets.map((name) => [name, null])) }
}

/** Classes 22 and 23 (SQLSTATE): wrong data, or a constraint. */
const isRefusedByDatabase = (error: unknown): boolean => /^2[23]/.test(sqlState(error).code)

const sqlState = (error: unknown): { code: string; constraint: string } => {
  const { code = '', constraint = '' } = (error ?? {}) as { code?: unknown; constraint?: unknown } // drivers add them to Error
  return { code: String(code), constraint: String(constraint) }
}

function isTransient(error: unknown, retryOn: readonly string[] = []): boolean {
  const { code, constraint } = sqlState(error)
  return TRANSIENT.has(code) || (code === '23505' && retryOn.includes(constraint))
}

function problemFrom(error: unknown, constraints: Readonly<Record<string, ProblemCode>> = {}): unknown {
  const code = constraints[sqlState(error).constraint]
  return code ? new Problem(code) : error
}
