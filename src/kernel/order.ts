import { and, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

/** What to sort by, and the row's property that holds its value. */
export interface SortKey {
  column: PgColumn | SQL
  property: string
  /**
   * The value is a member of the property, of this kind: who has none comes last, whichever way the others go. `column` holds no more than
   * `lengthMax` characters of a text, because a cursor has a limit.
   */
  member?: { key: string; kind: string; lengthMax?: number }
  /** What stands for an empty value, in SQL and in cursors: rows are compared, and null compares with nothing. */
  empty?: string
}

export interface Order {
  name: string
  key: SortKey
  descending: boolean
}

/** Where a row stands in an order, as `keysOf` compares. */
export function positionOf({ property, empty, member }: SortKey, row: Readonly<Record<string, unknown>>): unknown[] {
  if (!member) return [row[property] ?? empty]
  const members = (row[property] ?? {}) as Readonly<Record<string, unknown>> // a JSON column
  const value = members[member.key]
  return [value === undefined, shortened(value, member.lengthMax) ?? empty]
}

const shortened = (value: unknown, lengthMax: number | undefined): unknown =>
  typeof value === 'string' && lengthMax !== undefined && value.length > lengthMax
    ? [...value].slice(0, lengthMax).join('') // as Postgres counts characters
    : value

/** What rows are compared by in an order. */
export function keysOf({ key, descending }: Order): { column: SQL; descending: boolean }[] {
  const value = { column: expressionOf(key), descending }
  return key.member ? [{ column: sql`(${key.column} is null)`, descending: false }, value] : [value]
}

const expressionOf = ({ column, empty }: SortKey): SQL =>
  empty === undefined ? sql`${column}` : sql`coalesce(${column}, ${sql.raw(`'${empty}'`)})`

/** The rows after a cursor. One row comparison where all keys go one way: an index serves it at any depth. */
export function beyond(keys: { column: SQL; descending: boolean }[], value: (n: number) => SQL): SQL {
  const ways = new Set(keys.map(({ descending }) => descending))
  if (ways.size === 1) {
    const columns = sql.join(
      keys.map(({ column }) => sql`${column}`),
      sql`, `,
    )
    const values = sql.join(
      keys.map((_, n) => value(n)),
      sql`, `,
    )
    return sql`(${columns}) ${sql.raw(ways.has(true) ? '<' : '>')} (${values})`
  }
  const steps = keys.map(({ column, descending }, n) => {
    const equal = keys.slice(0, n).map((key, m) => sql`${key.column} = ${value(m)}`)
    return sql`(${and(...equal, sql`${column} ${sql.raw(descending ? '<' : '>')} ${value(n)}`)})`
  })
  return sql`(${sql.join(steps, sql` or `)})`
}
