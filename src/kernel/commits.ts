import { COMMITS_MAX, type Db } from '../db/client.ts'
import type { Sql } from '../db/statement.ts'
import type { Versions } from './versions.ts'
import { merged, shapeOf } from './write-groups.ts'
import type { Unlocked } from './write-set.ts'
import { parametersOf, statementFor } from './write-statement.ts'

/** Somebody else has changed what a command had read, or is about to: it runs again under locks. */
export const CONFLICT = Symbol('what was read has changed')

/** Commands in one commit: more would wait longer than they save. */
const BATCH_MAX = 16
/** So many are a commit of their own while another is under way: few that are written apart cost as much again. */
const SECOND_MIN = 8
/** The protocol counts the parameters of a statement in 16 bits; places that are left over may double them. */
const PARAMETERS_MAX = 24_000

export interface Commits {
  /** Resolves once it is committed. Throws CONFLICT, or what the database says of this command's own writes. */
  add(writes: Unlocked, versions: Versions): Promise<void>
}

interface Waiting extends Unlocked {
  /** Of the configuration by which it was decided. */
  versions: Versions
  shape: string
  resolve(): void
  reject(error: unknown): void
}

/**
 * Writes of commands that have locked nothing, several in one commit (group commit). Those of one shape share a statement. One that
 * fails must not cost the others theirs: then each is written alone.
 */
export function createCommits(db: Db): Commits {
  const waiting: Waiting[] = []
  const claimed = new Set<string>()
  let running = 0
  let isDue = false

  const mayBegin = () => running < COMMITS_MAX && waiting.length >= (running ? SECOND_MIN : 1)
  const pump = () => {
    isDue = false
    while (mayBegin()) {
      running++
      void writeAll(db, waiting.splice(0, BATCH_MAX)).finally(() => {
        running--
        pump()
      })
    }
  }
  return {
    add({ groups, rows }, versions) {
      // what another has in hand will have changed by the time this is written
      if (rows.some((row) => claimed.has(row))) return Promise.reject(CONFLICT)
      for (const row of rows) claimed.add(row)
      const written = new Promise<void>((resolve, reject) => {
        const { vocabulary, rules } = versions
        waiting.push({ groups, rows, versions, shape: `${vocabulary} ${rules} ${shapeOf(groups)}`, resolve, reject })
      })
      // whoever is handled in this turn of the event loop joins
      if (!isDue && mayBegin()) {
        isDue = true
        setImmediate(pump)
      }
      return written.finally(() => {
        for (const row of rows) claimed.delete(row)
      })
    },
  }
}

async function writeAll(db: Db, batch: readonly Waiting[]): Promise<void> {
  const [only] = batch
  const alone = async () => {
    for (const one of batch) await writeAll(db, [one])
  }
  const statements = statementsOrFault(batch)
  if (!Array.isArray(statements)) return batch.length === 1 ? only?.reject(statements.fault) : alone()
  try {
    await db.write(statements)
    for (const { resolve } of batch) resolve()
  } catch (error) {
    if (batch.length === 1) only?.reject(isStale(error) ? CONFLICT : error)
    else if (isLost(error)) for (const { reject } of batch) reject(error)
    else await alone()
  }
}

/** A value that cannot be written is the fault of one command. */
function statementsOrFault(batch: readonly Waiting[]): Sql[] | { fault: unknown } {
  try {
    return statementsFor(batch)
  } catch (fault) {
    return { fault }
  }
}

/** SQLSTATE 22012: the guard of a statement, see `guardOf`. 55P03: somebody holds a row for longer than others are to wait. */
const isStale = (error: unknown): boolean => ['22012', '55P03'].includes(sqlStateOf(error))

/** Whether it was committed nobody knows: no answer of the server's, or one that ends the connection (classes 08 and 57, less what ends a statement). */
const isLost = (error: unknown): boolean => {
  const state = sqlStateOf(error)
  return !/^[0-9A-Z]{5}$/.test(state) || (/^(08|57)/.test(state) && state !== '57014' && state !== '08P01')
}

const sqlStateOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '') // drivers add it to Error

/** One statement for those of one shape. */
function statementsFor(batch: readonly Waiting[]): Sql[] {
  const alike = Map.groupBy(batch, ({ shape }) => shape)
  return [...alike.values()].flatMap((all) => {
    const most = Math.floor(PARAMETERS_MAX / parametersOf(all[0]?.groups ?? []))
    return parted(all, Math.max(1, most)).map((some) =>
      statementFor(merged(some.map(({ groups }) => groups)), some[0]?.versions),
    )
  })
}

const parted = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))
