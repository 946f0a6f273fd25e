import type { Static, TSchema } from 'typebox'
import type { Db, Tx } from '../db/client.ts'
import { type Actor, type Channel, reachOf } from './actor.ts'
import type { Attempts } from './attempt.ts'
import { type Clock, instantOf } from './clock.ts'
import { CONFLICT, type Commits } from './commits.ts'
import {
  type Command,
  contextFor,
  follow,
  type Reaction,
  type TokenClaims,
  throwIfRefused,
  type Unit,
} from './context.ts'
import { CLAIM_CONSTRAINT, type Claim, earlierResult, idempotencyKeys, unusedSoFar } from './idempotency.ts'
import { Problem, type ProblemCode } from './problems.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { type Cached, type Memory, remembered, type Versions, versionsOf } from './versions.ts'
import { NEEDS_TRANSACTION, watching } from './watching.ts'
import { WriteSet } from './write-set.ts'

/** What a desk is made of. */
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

/** Where a session comes from: told in events, chosen by no input. */
export interface Origin {
  channel: Channel
  requestId?: string
  /** The network address of whoever asks. */
  peer?: string
}

/** What all runs of one desk have in common. */
export interface House {
  parts: DeskParts
  memory: Memory
  commits: Commits
}

/** A command, by whom, with input that has been checked. */
interface Asked<I extends TSchema, S, R> {
  by: Origin & { actor: Actor }
  command: Command<I, S, R>
  input: Static<I>
  claim: Claim | undefined
  /** What its slow work found. */
  before?: unknown
}

interface Answer<R> {
  result: R
  replayed: boolean
}

/** Runs that lost to a deadlock, to a serialisation failure or to somebody quicker. */
const TRIES_MAX = 4
/** A row that is there already, or no more. */
const RACED = new Set(['23505', '23503'])
const TRANSIENT = new Set(['40P01', '40001'])

/** Runs a command until it is committed or refused: where it may, without locks first. */
export async function perform<I extends TSchema, S, R>(house: House, asked: Asked<I, S, R>): Promise<Answer<R>> {
  const { command, input } = asked
  const retryOn = [...(command.retryOn ?? []), CLAIM_CONSTRAINT]
  if (command.runsUnlocked?.(input)) {
    try {
      return await runUnlocked(house, asked)
    } catch (error) {
      if (!needsLocks(error)) throw error
    }
  }
  const attempts = { careful: false, made: 0 }
  for (let tries = 1; ; tries++) {
    try {
      return await runLocked(house, asked, attempts)
    } catch (error) {
      // an error of the database that an attempt has hidden in the whole: once more, each attempt on its own
      const isHidden = attempts.made > 0 && !attempts.careful && isRefusedByDatabase(error)
      if (tries >= TRIES_MAX || !(isHidden || isTransient(error, retryOn)))
        throw problemFrom(error, command.constraints)
      attempts.careful ||= isHidden
      attempts.made = 0
    }
  }
}

/** In a transaction, in which what is to be changed is locked. */
async function runLocked<I extends TSchema, S, R>(
  house: House,
  asked: Asked<I, S, R>,
  attempts: Attempts,
): Promise<Answer<R>> {
  const { db, wakeRelay } = house.parts
  const { answer, left } = await db.transaction(async (tx) => {
    const decided = await decide(house, asked, { tx, writes: new WriteSet(), attempts })
    if (decided.unit) await commit(tx, decided.unit)
    return decided
  })
  if (left) wakeRelay()
  return answer
}

/**
 * Without locks: rows and configuration that it hangs on are looked at again by the statement that writes, which it shares with others
 * (optimistic concurrency control; Kung and Robinson, 1981).
 */
async function runUnlocked<I extends TSchema, S, R>(house: House, asked: Asked<I, S, R>): Promise<Answer<R>> {
  const { parts, memory, commits } = house
  const writes = new WriteSet()
  const attempts = { careful: false, made: 0 }
  const { answer, unit, left } = await parts.db.reading((connection) =>
    decide(house, asked, { tx: watching(connection, writes), writes, attempts }, { versions: memory.versions }),
  )
  // statements of its own were sent: without a transaction they were refused, and nobody has heard of it yet
  if (unit?.sent.length) throw NEEDS_TRANSACTION
  if (unit && !writes.isEmpty) {
    const unlocked = writes.takeUnlocked()
    if (!unlocked) throw NEEDS_TRANSACTION
    await commits.add(unlocked, unit.versions)
  }
  if (left) parts.wakeRelay()
  return answer
}

/** Nothing was written: what was refused is looked at again under locks, and by the configuration of that moment. */
const needsLocks = (error: unknown): boolean =>
  error === NEEDS_TRANSACTION ||
  error === CONFLICT ||
  error instanceof Problem ||
  /^(2[23]|40)/.test(sqlState(error).code)

/** What a command reads, decides and writes, by the configuration that is known or read; the commit is left to the caller. */
async function decide<I extends TSchema, S, R>(
  { parts, memory }: House,
  { by: { actor, channel, requestId }, command, input, claim, before }: Asked<I, S, R>,
  { tx, writes, attempts }: Pick<Unit, 'tx' | 'writes' | 'attempts'>,
  /** How a run without locks begins: with the configuration that the process knows, if it knows one. */
  unlocked?: { versions: Versions | undefined },
): Promise<{ answer: Answer<R>; unit?: Unit; left: boolean }> {
  const now = instantOf(parts.clock())
  // sent together with BEGIN and the statements of `subject`: one round trip
  const versions = unlocked?.versions ? Promise.resolve(unlocked.versions) : versionsOf(memory, tx)
  const replay = claim && (unlocked ? unusedSoFar(tx, claim) : earlierResult(tx, claim, now))
  const cached = async <T>(part: Cached<T>) => remembered(memory, part, await versions, tx)
  const seeking = command.subject(
    { tx, actor, channel, now, cached, secrets: parts.secrets, settings: parts.settings, before },
    input,
  )
  const [found, earlier, current] = await Promise.allSettled([seeking, replay, versions])
  // in this order: a fault of the key comes before one of the subject
  if (earlier.status === 'rejected') throw earlier.reason
  if (current.status === 'rejected') throw current.reason
  const fault = found.status === 'rejected' ? found.reason : command.refuse(actor, found.value, input)
  const stored = earlier.value?.stored
  if (stored) return { answer: replayed<R>(actor, stored.result, fault), left: false }
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
    writes,
    sent: [],
    history: [],
    jobs: { count: 0 },
    command: command.name,
  }
  const made = await command.handle(contextFor(unit), input, found.value)
  await follow(unit, parts.reactions)
  const after = { actor, subject: found.value, working: (ticketId: string) => unit.working.get(ticketId) }
  const result = command.answer ? command.answer(made, after) : made
  if (claim)
    remember(unit, { ...claim, result: storable(result, command.secretResult), createdAt: now }, earlier.value?.expired)
  return { answer: { result, replayed: false }, unit, left: unit.history.length > 0 || unit.jobs.count > 0 }
}

/** Throws what went wrong first: after that every later statement fails too. */
async function commit(tx: Tx, { writes, sent }: Unit): Promise<void> {
  for (const end of await Promise.allSettled([...sent, tx.commit(writes.take())]))
    if (end.status === 'rejected') throw end.reason
}

type KeyRow = typeof idempotencyKeys.$inferSelect

function remember({ writes }: Unit, row: KeyRow, expired: KeyRow | undefined): void {
  if (expired) writes.update(idempotencyKeys, expired, row)
  else writes.insert(idempotencyKeys, row)
}

/**
 * Whoever lost the right to see or to do it gets no replay. That the state has moved on since does not matter: uploads are used, a
 * removed thing is gone, by the very request that is repeated. A 404 hides from those only who do not see every ticket.
 */
function replayed<R>(actor: Actor, result: unknown, fault: unknown): { result: R; replayed: boolean } {
  if (fault !== undefined) {
    const problem = typeof fault === 'string' ? new Problem(fault as ProblemCode) : fault // refusals are codes or problems
    if (!(problem instanceof Problem)) throw problem
    if (problem.status === 403 || (problem.status === 404 && reachOf(actor) !== 'all')) throw problem
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

/** Whether another try may do: a deadlock, a serialisation failure, or a constraint of those named that somebody else was quicker at. */
export function isTransient(error: unknown, retryOn: readonly string[] = []): boolean {
  const { code, constraint } = sqlState(error)
  return TRANSIENT.has(code) || (RACED.has(code) && retryOn.includes(constraint))
}

function problemFrom(error: unknown, constraints: Readonly<Record<string, ProblemCode>> = {}): unknown {
  const code = constraints[sqlState(error).constraint]
  return code ? new Problem(code) : error
}
