import type { Connection } from '../db/client.ts'
import type { Sql } from '../db/statement.ts'
import type { WriteSet } from './write-set.ts'
import type { Row } from './write-statement.ts'

/** Thrown by whatever locks or writes before the commit, in a command that runs without a transaction: it begins again in one. */
export const NEEDS_TRANSACTION = Symbol('a command needs a transaction')

/** A connection that only reads. What would be locked is watched instead: see `WriteSet.watch`. */
export const watching = (connection: Connection, writes: WriteSet): Connection => ({
  async query<R>({ watch, ...statement }: Sql<R>) {
    if (!watch) {
      if (!statement.isRead) throw NEEDS_TRANSACTION
      return connection.query<R>(statement)
    }
    const { name, text, table } = watch
    const { rows, rowCount } = await connection.query<R & { xmin: string }>({ ...statement, name, text } as Sql<
      R & { xmin: string }
    >)
    const watched = rows.map(({ xmin, ...row }) => {
      writes.watch(table, row as Row, xmin)
      return row as R // the twin's own rows
    })
    return { rows: watched, rowCount }
  },
})
