import type { Connection, Rows } from './client.ts'
import { MERGED_MAX, type Sql } from './statement.ts'

/** One of several who ask the same of different values. */
interface Asking {
  statement: Sql
  resolve(rows: Rows<unknown> | Promise<Rows<unknown>>): void
}

/**
 * A connection where statements of one name that `merges`, asked in one turn of the event loop, are sent as one (what GraphQL servers call a data
 * loader). Each gets its own rows, in the order of its query. Where the one fails, each is asked alone, so that the fault is told to whom it belongs.
 */
export function merging({ query }: Connection): Connection {
  const waiting = new Map<string, Asking[]>()
  const send = () => {
    const groups = [...waiting.values()]
    waiting.clear()
    for (const group of groups)
      for (let from = 0; from < group.length; from += MERGED_MAX) void ask(query, group.slice(from, from + MERGED_MAX))
  }
  return {
    query<R>(statement: Sql<R>): Promise<Rows<R>> {
      const { several } = statement
      if (!several) return query(statement)
      return new Promise((resolve) => {
        if (waiting.size === 0) process.nextTick(send)
        const asking = { statement, resolve } as Asking // the rows that it gets are those of its own statement
        const group = waiting.get(several.name)
        if (group) group.push(asking)
        else waiting.set(several.name, [asking])
      })
    },
  }
}

async function ask(query: Connection['query'], group: readonly Asking[]): Promise<void> {
  const alone = () => {
    for (const { statement, resolve } of group) resolve(query(statement))
  }
  const merged = group.length > 1 && mergedFrom(group.map(({ statement }) => statement))
  if (!merged) return alone()
  try {
    const { rows } = await query(merged)
    const parts = group.map((): unknown[] => [])
    for (const { nth, ...row } of rows) parts[nth - 1]?.push(row)
    for (const [n, { resolve }] of group.entries()) {
      const part = parts[n] ?? []
      resolve({ rows: part, rowCount: part.length })
    }
  } catch {
    alone()
  }
}

/** One statement for several of the same name; undefined where it does not merge. Its rows say in `nth`, from 1, whose they are. */
export function mergedFrom(statements: readonly Sql[]): Sql<{ nth: number }> | undefined {
  const several = statements[0]?.several
  if (!several) return
  const { name, text, parameters } = several
  const values = parameters.map((parameter) => statements.map(({ given }) => textOf(given?.[parameter] ?? null)))
  return { name, text, values, isRead: true }
}

/** As Postgres reads it from a text: a list as `{"a","b"}`. */
function textOf(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value
  if (Array.isArray(value)) return `{${value.map((item) => `"${String(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`
  return String(value)
}
