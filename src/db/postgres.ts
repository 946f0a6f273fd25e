import type { Duplex } from 'node:stream'
import pg from 'pg'
import { COMMITS_MAX, type Connection, type Db, type Rows, type Tx } from './client.ts'
import { merging } from './merging.ts'
import { parsers } from './parsers.ts'
import type { Sql } from './statement.ts'

/** Connections of one process. A command holds one for two round trips. */
const POOL_MAX = 16
const STATEMENT_TIMEOUT_MS = 5_000
/** Commits of several commands wait no longer for a row that somebody holds: that one goes to the locks, the others go on. */
const WRITERS_WAIT_MS = 50
const WRITERS_IDLE_MS = 60_000
const CONNECT_TIMEOUT_MS = 5_000

const SESSION = '-c timezone=UTC -c datestyle=ISO -c synchronous_commit=on'

const typed = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid, format),
}

/** A pool on a Postgres server, 15 or newer. `onError` hears of idle connections that broke; the pool replaces them. */
export function openPostgres(url: string, onError: (error: Error) => void): Db {
  const settings = { connectionString: url, options: SESSION, types: typed }
  const limits = {
    pipeline: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  }
  const pool = new pg.Pool({ ...settings, ...limits, max: POOL_MAX })
  // values change nothing in how rows are written; each is found by its key, whatever is known of a table that was empty a moment ago
  const options = `${SESSION} -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off -c lock_timeout=${WRITERS_WAIT_MS}`
  const writers = new pg.Pool({ ...settings, ...limits, options, max: COMMITS_MAX, idleTimeoutMillis: WRITERS_IDLE_MS })
  for (const each of [pool, writers]) {
    each.on('error', onError)
    // one that breaks in use tells its queries; without a listener it would end the process as well
    each.on('connect', (client) => client.on('error', () => {}))
  }

  const on = (client: pg.PoolClient): Connection => ({
    query: (statement) => {
      together(client)
      return send(client, statement)
    },
  })

  const reading = shared(pool, on)
  return {
    kind: 'postgres',
    native: pool,
    // what has no name is rare and may take long: nobody waits behind it
    query: <R>(statement: Sql<R>) =>
      statement.isRead && statement.name ? reading(({ query }) => query(statement)) : send<R>(pool, statement),
    batch: (first, second) =>
      first.name && second.name
        ? reading(({ query }) => Promise.all([query(first), query(second)]))
        : using(pool, (client) => {
            const { query } = on(client)
            return Promise.all([query(first), query(second)])
          }),
    reading,
    script: async (text) => void (await pool.query(text)),
    close: async () => void (await Promise.all([pool.end(), writers.end()])),
    holdLock: (key, onLost) => holdLock(settings, key, onLost),
    transaction: (work) => transaction(pool, work),

    async write(statements) {
      const [only] = statements
      if (statements.length > 1 || !only) return transaction(writers, (tx) => writeIn(tx, statements))
      // a transaction of its own; the pool's own query would drop the connection with the first fault
      return using(writers, (client) => send(client, only)).then(() => {})
    },
  }
}

/** Work on a connection of the pool, which goes back there unless it broke. */
async function using<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broke: Error | undefined
  try {
    return await work(client)
  } catch (error) {
    broke = brokenBy(error)
    throw error
  } finally {
    client.release(broke)
  }
}

/** An error that ends a connection: none of the server's, or one of a server that shuts down (SQLSTATE 57P01 to 57P03, class 08). */
function brokenBy(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return
  const state = 'code' in error ? String(error.code) : ''
  return /^[0-9A-Z]{5}$/.test(state) && !/^(57P0|08)/.test(state) ? undefined : error
}

async function transaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  together(client)
  const begun = send(client, BEGIN)
  begun.catch(() => {}) // its failure reaches the caller through `query` or `commit`
  let open = true
  let broke: Error | undefined
  try {
    return await work({
      query: async <R>(statement: Sql<R>) => {
        together(client)
        return (await Promise.all([begun, send<R>(client, statement)]))[1]
      },
      commit: async (last) => {
        open = false
        await commit(client, last).catch((error: unknown) => {
          broke = brokenBy(error)
          throw error
        })
      },
    })
  } finally {
    if (broke) client.release(broke)
    else await release(client, open)
  }
}

/** Sent one after another without waiting; throws what went wrong first. */
async function writeIn(tx: Tx, statements: readonly Sql[]): Promise<void> {
  const sent = statements.slice(0, -1).map((statement) => tx.query(statement))
  for (const end of await Promise.allSettled([...sent, tx.commit(statements.at(-1))]))
    if (end.status === 'rejected') throw end.reason
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

/** So many read on one connection at a time: their statements share round trips, and each waits for those before it. */
const READERS_MAX = 16

/**
 * A connection in common for those who read in one turn of the event loop, taken from the pool by the first and given back by the last:
 * what is slow holds up nobody who comes later.
 */
function shared(pool: pg.Pool, on: (client: pg.PoolClient) => Connection): Db['reading'] {
  const open: Lane[] = []
  return async (work) => {
    let lane = open.find(({ readers, isOver, broke }) => readers < READERS_MAX && !isOver && !broke)
    if (!lane) {
      const client = pool.connect()
      lane = { client, connection: client.then((opened) => merging(on(opened))), readers: 0, users: 0 }
      open.push(lane)
      setImmediate(() => open.shift())
    }
    const mine = lane
    mine.readers++
    mine.users++
    try {
      const { query } = await mine.connection
      return await work({
        query(statement) {
          if (mine.isOver) return Promise.reject(new Error('It was read on a connection that was given back'))
          mine.users++
          return query(statement)
            .catch((error: unknown) => {
              mine.broke ??= brokenBy(error)
              throw error
            })
            .finally(() => leave(mine))
        },
      })
    } finally {
      leave(mine)
    }
  }
}

/** Given back by the last: whoever reads no further may have left statements that are still to be sent. */
function leave(lane: Lane): void {
  if (--lane.users > 0) return
  lane.isOver = true
  void lane.client.then((client) => client.release(lane.broke)).catch(() => {}) // whoever read has heard of it
}

interface Lane {
  client: Promise<pg.PoolClient>
  connection: Promise<Connection>
  /** Who has joined it. */
  readers: number
  /** Readers that go on, and statements that are not answered. */
  users: number
  /** Given back. */
  isOver?: boolean
  /** Nobody joins it any more. */
  broke?: Error | undefined
}

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
