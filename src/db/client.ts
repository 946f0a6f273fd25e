import { mkdirSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { Sql } from './statement.ts'

export interface Rows<R> {
  rows: R[]
  rowCount: number
}

/** One place to send statements to. On Postgres those of one transaction are pipelined: sent without waiting for the ones before. */
export interface Connection {
  query<R>(statement: Sql<R>): Promise<Rows<R>>
}

/** What queries read from. */
export interface Reader extends Connection {
  /** Two reads in one round trip, each on its own. */
  batch<A, B>(first: Sql<A>, second: Sql<B>): Promise<[Rows<A>, Rows<B>]>
}

export interface Tx extends Connection {
  /** Ends the transaction, with a last statement in the same round trip. Throws what stopped it; after that nothing was written. */
  commit(last?: Sql): Promise<void>
}

/**
 * Postgres through `pg`, or PGlite in the process; the same statements on both.
 * PGlite has one connection: a `query` here waits for a running transaction, so nothing inside one may call it.
 */
export interface Db extends Reader {
  kind: 'postgres' | 'pglite'
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Several statements without parameters, for migrations and tests. */
  script(text: string): Promise<void>
  /** Holds a session's advisory lock until the answer is called; undefined when another session has it. PGlite serves one process: always granted. */
  holdLock(key: number, onLost: () => void): Promise<(() => Promise<void>) | undefined>
  close(): Promise<void>
  native: PGlite | pg.Pool
}

const TIMESTAMPTZ = 1184
const TEXT_ARRAY: number = 1009
const BIGINT = 20

/** `2026-11-22 06:20:00.123+00`, as Postgres prints it in UTC, with zeros at the end left out → RFC 3339 with milliseconds. */
function instantFrom(text: string): string {
  // nine times out of ten all three digits are there
  if (text.length === 26) return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`
  const fraction = text.slice(20, text.indexOf('+', 19))
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
}

/** `{vip,printer}` → its items; what is quoted or empty goes the long way. */
function textsFrom(text: string): unknown {
  if (text === '{}') return []
  if (/["\\]|NULL/.test(text)) return pg.types.getTypeParser(TEXT_ARRAY)(text)
  return text.slice(1, -1).split(',')
}

/** Our numbers stay far below 2^53: sequences, counts and sizes. */
const parsers: Record<number, (text: string) => unknown> = {
  [TIMESTAMPTZ]: instantFrom,
  [BIGINT]: Number,
  [TEXT_ARRAY]: textsFrom,
}

/** Connections of one process. A command holds one for two round trips. */
const POOL_MAX = 16
const STATEMENT_TIMEOUT_MS = 5_000
const CONNECT_TIMEOUT_MS = 5_000

const typed = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid, format),
}

/** A pool on a Postgres server, 15 or newer. `onError` hears of idle connections that broke; the pool replaces them. */
export function openPostgres(url: string, onError: (error: Error) => void): Db {
  const settings = {
    connectionString: url,
    options: '-c timezone=UTC -c datestyle=ISO -c synchronous_commit=on',
    types: typed,
  }
  const pool = new pg.Pool({
    ...settings,
    max: POOL_MAX,
    pipeline: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  pool.on('error', onError)

  return {
    kind: 'postgres',
    native: pool,
    query: <R>(statement: Sql<R>) => send<R>(pool, statement),
    batch: async (first, second) => {
      const client = await pool.connect()
      together(client)
      try {
        return await Promise.all([send(client, first), send(client, second)])
      } finally {
        client.release()
      }
    },
    script: async (text) => void (await pool.query(text)),
    close: () => pool.end(),
    holdLock: (key, onLost) => holdLock(settings, key, onLost),

    async transaction(work) {
      const client = await pool.connect()
      together(client)
      const begun = send(client, BEGIN)
      begun.catch(() => {}) // its failure reaches the caller through `query` or `commit`
      let open = true
      try {
        return await work({
          query: async <R>(statement: Sql<R>) => {
            together(client)
            return (await Promise.all([begun, send<R>(client, statement)]))[1]
          },
          commit: async (last) => {
            open = false
            await commit(client, last)
          },
        })
      } finally {
        await release(client, open)
      }
    },
  }
}

const BEGIN: Sql = { text: 'begin', values: [] }
const COMMIT: Sql = { text: 'commit', values: [] }

const send = <R>(on: pg.Pool | pg.PoolClient, { name, text, values }: Sql<R>): Promise<Rows<R>> =>
  new Promise((resolve, reject) => {
    on.query({ ...(name ? { name } : {}), text, values }, (error: Error | undefined, result) => {
      if (error) reject(error)
      // pg types rows as any; the statement says what its rows are
      else resolve({ rows: result.rows, rowCount: result.rowCount ?? 0 })
    })
  })

/** What is sent from here to the end of this turn of the event loop leaves in one write: each write is a system call. */
function together(client: pg.PoolClient): void {
  // pg's types do not name its connection; its own queries cork the same stream
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection
  if (stream.writableCorked) return
  stream.cork()
  process.nextTick(() => stream.uncork())
}

/** After a failed flush COMMIT answers ROLLBACK instead of failing: so the flush is looked at first. */
async function commit(client: pg.PoolClient, last: Sql | undefined): Promise<void> {
  together(client)
  const [flushed, committed] = await Promise.allSettled([last && send(client, last), send(client, COMMIT)])
  if (flushed.status === 'rejected') throw flushed.reason
  if (committed.status === 'rejected') throw committed.reason
}

async function release(client: pg.PoolClient, open: boolean): Promise<void> {
  try {
    if (open) await client.query('rollback')
    client.release()
  } catch (error) {
    client.release(error instanceof Error ? error : true)
  }
}

async function holdLock(settings: pg.ClientConfig, key: number, onLost: () => void) {
  const client = new pg.Client(settings)
  // the lock goes with the session, whatever ends it
  client.on('error', onLost)
  client.on('end', onLost)
  await client.connect()
  const { rows } = await client.query('select pg_try_advisory_lock($1) as held', [key])
  if (rows[0]?.held) return () => client.end()
  await client.end()
}

/** PGlite on a folder, or in memory without one. `image` is a data directory dumped earlier, which spares the making of a new one. */
export async function openPglite(dataDir?: string, image?: Blob): Promise<Db> {
  if (dataDir) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lite = await PGlite.create({
    ...(dataDir ? { dataDir } : {}),
    ...(image ? { loadDataDir: image } : {}),
    parsers,
  })
  await lite.exec(`set timezone = 'UTC'; set datestyle = 'ISO'`)
  const run = async <R>(on: Pick<PGlite, 'query'>, { text, values }: Sql<R>): Promise<Rows<R>> => {
    const { rows, affectedRows } = await on.query<R>(text, values)
    return { rows, rowCount: affectedRows ?? rows.length }
  }

  return {
    kind: 'pglite',
    native: lite,
    query: (statement) => run(lite, statement),
    batch: async (first, second) => [await run(lite, first), await run(lite, second)],
    script: async (text) => void (await lite.exec(text)),
    close: () => lite.close(),
    holdLock: async () => async () => {},
    // a Tx is an object of ours, not PGlite's: `commit` only runs the last statement, PGlite commits when the work ends
    transaction: (work) =>
      lite.transaction((tx) =>
        work({
          query: (statement) => run(tx, statement),
          commit: async (last) => void (last && (await run(tx, last))),
        }),
      ),
  }
}
