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

type Kept = { version: number; value: Promise<unknown> }

/** What one process remembers of one database. */
export type Memory = Map<Cached<unknown>, Kept>

/** The value as of these versions, loaded at most once for each. A load that fails is not remembered. */
export function remembered<T>(
  memory: Memory,
  cached: Cached<T>,
  current: Versions,
  connection: Connection,
): Promise<T> {
  const kept = memory.get(cached)
  if (kept?.version === current[cached.part]) return kept.value as Promise<T> // put there by this function only
  const value = cached.load(connection)
  memory.set(cached, { version: current[cached.part], value })
  value.catch(() => memory.delete(cached))
  return value
}
