import type { Connection } from '../db/client.ts'
import type { Sql } from '../db/statement.ts'
import { Problem } from './problems.ts'
import { NEEDS_TRANSACTION } from './watching.ts'
import type { WriteSet } from './write-set.ts'

/** How the attempts of one command go. */
export interface Attempts {
  /** Each is sent under its savepoint: a flush of the whole has failed before, and its error must find who caused it. */
  careful: boolean
  made: number
}

/** What an attempt gives back when it fails. */
interface Attempted {
  tx: Connection
  writes: WriteSet
  history: unknown[]
  jobs: { count: number }
  attempts: Attempts
  onError(error: unknown): void
}

/** Thrown by whatever needs a statement in an attempt that has no savepoint yet: the attempt begins again with one. */
export const NEEDS_STATEMENT = Symbol('an attempt needs a savepoint')

const SAVEPOINT: Sql = { text: 'savepoint attempt', values: [] }
const RELEASE: Sql = { text: 'release savepoint attempt', values: [] }
const ROLLBACK: Sql = { text: 'rollback to savepoint attempt', values: [] }

/**
 * All or nothing: whatever stops the work, a refusal or a bug, takes back its own writes, events and jobs, and no others. Work that
 * reads gets a savepoint; work that does not is undone in memory and costs no round trip. A lost connection, a deadlock or a
 * serialisation failure stops the whole.
 */
export async function attempt(
  unit: Attempted,
  work: (mayRead: boolean) => Promise<void>,
): Promise<Problem | undefined> {
  unit.attempts.made++
  if (unit.attempts.careful) return attemptOnce(unit, work, true)
  const outcome = await attemptOnce(unit, work, false)
  return outcome === NEEDS_STATEMENT ? attemptOnce(unit, work, true) : outcome
}

type Outcome<Saved> = Promise<Problem | undefined | (Saved extends true ? never : typeof NEEDS_STATEMENT)>

async function attemptOnce<Saved extends boolean>(
  unit: Attempted,
  work: (mayRead: boolean) => Promise<void>,
  isSaved: Saved,
): Outcome<Saved> {
  const { tx, writes, history, jobs } = unit
  if (isSaved) {
    await flush(unit)
    await tx.query(SAVEPOINT)
  }
  const mark = writes.mark()
  const events = history.length
  const queued = jobs.count
  try {
    await work(isSaved)
    if (isSaved) {
      await flush(unit)
      await tx.query(RELEASE)
    }
    return
  } catch (error) {
    if (error === NEEDS_TRANSACTION || endsTransaction(error)) throw error
    if (isSaved) await tx.query(ROLLBACK)
    writes.undo(mark)
    history.length = events
    jobs.count = queued
    if (error === NEEDS_STATEMENT && !isSaved) return NEEDS_STATEMENT as Awaited<Outcome<Saved>> // Saved is false here
    if (error instanceof Problem) return error
    unit.onError(error)
    return new Problem('internal_error')
  }
}

async function flush({ tx, writes }: Pick<Attempted, 'tx' | 'writes'>): Promise<void> {
  const pending = writes.take()
  if (pending) await tx.query(pending)
}

/** SQLSTATE classes 08 and 57 (the connection is gone), 40P01 and 40001. */
function endsTransaction(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^(08|57)/.test(code) || code === '40P01' || code === '40001' || /^E[A-Z]+$/.test(code)
}
