import type { PGlite } from '@electric-sql/pglite'
import type pg from 'pg'
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
  /** Reads on one connection, each on its own, with others who read: what is sent in one turn of the event loop shares a round trip. */
  reading<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Statements that write, in one commit: all or none. `COMMITS_MAX` at a time. */
  write(statements: readonly Sql[]): Promise<void>
  /** Several statements without parameters, for migrations and tests. */
  script(text: string): Promise<void>
  /** Holds a session's advisory lock until the answer is called; undefined when another session has it. PGlite serves one process: always granted. */
  holdLock(key: number, onLost: () => void): Promise<(() => Promise<void>) | undefined>
  close(): Promise<void>
  native: PGlite | pg.Pool
}

/** Writes of several commands at a time: few, because each connection prepares the statements, which are long, for itself. */
export const COMMITS_MAX = 2
