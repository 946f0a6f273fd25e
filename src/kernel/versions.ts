import { integer, pgTable } from 'drizzle-orm/pg-core'
import type { Connection } from '../db/client.ts'
import { build, prepare, rowOf } from '../db/statement.ts'
import type { KeptRows } from './kept-rows.ts'

/** One row that rises with every change of the desk's configuration: what processes keep in memory is keyed by it. */
export const versions = pgTable('versions', {
  id: integer().primaryKey(),
  vocabulary: integer().notNull(),
  rules: integer().notNull(),
})

export type Versions = Pick<typeof versions.$inferSelect, 'vocabulary' | 'rules'>

const readVersions = prepare()(() => build.select(rowOf(versions)).from(versions))

/** The versions as of now, which are remembered too. */
export async function versionsOf(memory: Memory, connection: Connection): Promise<Versions> {
  const [row] = (await connection.query(readVersions.bind({}))).rows
  if (!row) throw new Error('the database has no desk: the row of versions is missing')
  memory.versions = row
  return row
}

/** Something read rarely and used always. `part` names the version that says when it is stale. */
export interface Cached<T> {
  part: keyof Versions
  load(connection: Connection): Promise<T>
}

/** What one process remembers of one database: values, never promises. A load in one transaction must not wait for another's. */
export interface Memory {
  /** As they were when they were last read. */
  versions?: Versions
  values: Map<Cached<unknown>, { version: number; value: unknown }>
  rows: KeptRows
}

/** The value as of these versions; who finds none loads it on their own connection. */
export async function remembered<T>(
  memory: Memory,
  cached: Cached<T>,
  current: Versions,
  connection: Connection,
): Promise<T> {
  const version = current[cached.part]
  const kept = memory.values.get(cached)
  if (kept?.version === version) return kept.value as T // put there by this function only
  const value = await cached.load(connection)
  memory.values.set(cached, { version, value })
  return value
}
