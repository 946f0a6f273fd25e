import type { Connection } from '../db/client.ts'
import type { Sql } from '../db/statement.ts'
import type { Row } from './write-groups.ts'
import type { WriteSet } from './write-set.ts'

/** Thrown by whatever locks or writes before the commit, in a command that runs without a transaction: it begins again in one. */
export const NEEDS_TRANSACTION = Symbol('a command needs a transaction')

/**
 * A connection that only reads. What would be locked is watched instead: see `WriteSet.watch`. A read that fails has spoilt nothing: under
 * locks it is made again, on the connection that commits.
 */
export const watching = (connection: Connection, writes: WriteSet): Connection => ({
  async query<R>({ watch, ...statement }: Sql<R>) {
    if (!watch) {
      if (!statement.isRead) throw NEEDS_TRANSACTION
      return connection.query<R>(statement).catch(startAgain)
    }
    const { name, text, table, several } = watch
    const twin = { ...statement, name, text, several } as Sql<R & { xmin: string }> // the same rows, each with its version
    const { rows, rowCount } = await connection.query(twin).catch(startAgain)
    const watched = rows.map(({ xmin, ...row }) => {
      if (!writes.watch(table, row as Row, xmin)) throw NEEDS_TRANSACTION
      return row as R // the twin's own rows
    })
    return { rows: watched, rowCount }
  },
})

function startAgain(): never {
  throw NEEDS_TRANSACTION
}
