import { integer, pgTable } from 'drizzle-orm/pg-core'
import type { Connection } from '../db/client.ts'
import { build, prepare, rowOf } from '../db/statement.ts'

/** One row that rises with every change of the desk's configuration: what processes keep in memory is keyed by it. */
export const versions = pgTable('versions', {
  id: integer().primaryKey(),
  vocabulary: integer().notNull(),
  rules: integer().notNull(),
})

export type Versions = Pick<typeof versions.$inferSelect, 'vocabulary' | 'rules'>

export const readVersions = prepare()(() => build.select(rowOf(versions)).from(versions))

/** Something read rarely and used always. `part` names the version that says when it is stale. */
export interface Cached<T> {
  part: keyof Versions
  load(connection: Connection): Promise<T>
}

/** What one process remembers of one database: values, never promises. A load in one transaction must not wait for another's. */
export type Memory = Map<Cached<unknown>, { version: number; value: unknown }>

/** The value as of these versions; who finds none loads it on their own connection. */
export async function remembered<T>(
  memory: Memory,
  cached: Cached<T>,
  current: Versions,
  connection: Connection,
): Promise<T> {
  const version = current[cached.part]
  const kept = memory.get(cached)
  if (kept?.version === version) return kept.value as T // put there by this function only
  const value = await cached.load(connection)
  memory.set(cached, { version, value })
  return value
}
