import { createHash } from 'node:crypto'
import { getTableColumns, getTableName, is, Param, type Placeholder, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { CasingCache } from 'drizzle-orm/casing'
import { type PgColumn, PgDialect, type PgTable, QueryBuilder } from 'drizzle-orm/pg-core'

/** A statement ready to be sent. With a name the server parses and plans it once for each connection. */
export interface Sql<R = unknown> {
  name?: string
  text: string
  values: unknown[]
  /** It changes nothing and locks nothing: it needs no transaction. */
  isRead?: boolean
  /** For a statement that locks: the same without its lock. */
  watch?: Watch
  /** For a statement that merges, the one for several of it, and the values of this one by name. */
  several?: Several | undefined
  given?: Readonly<Record<string, unknown>>
  /** Never set: what its rows look like. */
  row?: R
}

/** Reads rows together with the `xmin` of the row of `table` that its twin would lock: it is another one once the row has changed. */
interface Watch {
  name: string
  text: string
  table: PgTable
  several?: Several | undefined
}

/** Asks for several at once: a list of texts for each parameter. `nth` in a row, from 1, says whose it is. */
interface Several {
  name: string
  text: string
  parameters: readonly string[]
}

/** At most so many are asked for at once. */
export const MERGED_MAX = 64

interface Ways {
  /** Asked by several in one turn of the event loop it is sent once (`merging.ts`). Its parameters are texts, or cast: `::int`, `::text[]`. */
  merges: boolean
}

/** A query that was built by Drizzle once; binding costs no more than filling an array. */
export interface Statement<A, R> {
  bind(values: A): Sql<R>
}

type Built<R> = SQLWrapper & { readonly _: { readonly result: R[] } }
type Names<A> = { [K in keyof A & string]: Placeholder<K> }

const casing = new CasingCache('snake_case')
const dialect = new PgDialect({ casing: 'snake_case' })

/** Selects are built without a connection: the same text serves both databases, inside and outside a transaction. */
export const build = new QueryBuilder(dialect)

/** A column's name in SQL. */
export const sqlName = (column: PgColumn): string => casing.getColumnCasing(column)

/** A prepared statement from a Drizzle query; `$` gives its parameters by name. */
export const prepare =
  <A>() =>
  <R>(query: ($: Names<A>) => Built<R>, ways?: Ways): Statement<A, R> =>
    compiled<A, R>(query, ways)

/** Without a name: for forms so many that a server should not keep them all. */
export const unnamed = <A, R>(statement: Statement<A, R>): Statement<A, R> => ({
  bind(values) {
    const { text, values: bound } = statement.bind(values)
    return { text, values: bound }
  },
})

/** The same for SQL written by hand, whose rows cannot be inferred. */
export const prepareSql =
  <A, R>() =>
  (query: ($: Names<A>) => SQL, ways?: Ways): Statement<A, R> =>
    compiled<A, R>(query, ways)

/** The same for one that locks the rows of `table`, without `for update` in it. Its command may run without locks instead: see `Watch`. */
export const prepareLock =
  <A>() =>
  <R>(table: PgTable, query: ($: Names<A>) => Built<R>, ways?: Ways): Statement<A, R> =>
    compiled<A, R>(query, ways, table)

function compiled<A, R>(query: ($: Names<A>) => SQLWrapper, ways?: Ways, locked?: PgTable): Statement<A, R> {
  let ready: (Omit<Sql<R>, 'values'> & { params: unknown[] }) | undefined
  return {
    bind(values) {
      ready ??= compile(query, ways?.merges === true, locked)
      const { params, ...statement } = ready
      const bound = { ...statement, values: params.map((param) => boundValue(param, values)) }
      return ways?.merges ? { ...bound, given: values as Record<string, unknown> } : bound
    },
  }
}

const WRITES_OR_LOCKS = /\b(insert|update|delete|merge|share|advisory\w*|pg_\w*lock\w*|set_config)\b/i

function compile<A>(query: ($: Names<A>) => SQLWrapper, merges: boolean, locked: PgTable | undefined) {
  const { sql: text, params } = dialect.sqlToQuery(query(placeholders<A>()).getSQL())
  if (!locked) {
    const several = merges ? severalOf(query, (one) => one) : undefined
    return { name: nameOf(text), text, params, isRead: !WRITES_OR_LOCKS.test(text), several }
  }
  const table = `"${getTableName(locked)}"`
  const withVersion = (one: string) => one.replace('select ', `select ${table}.xmin::text as "xmin", `)
  const watched = withVersion(text)
  const locking = `${text} for update of ${table}`
  const several = merges ? severalOf(query, withVersion) : undefined
  const watch = { name: nameOf(watched), text: watched, table: locked, several }
  return { name: nameOf(locking), text: locking, params, watch }
}

// The bound holds always; with it Postgres expects few, and keeps one plan instead of making a new one for each number of them.
function severalOf<A>(query: ($: Names<A>) => SQLWrapper, change: (one: string) => string): Several {
  const parameters: string[] = []
  const columns = new Proxy({} as Names<A>, {
    get(_target, name) {
      if (!parameters.includes(String(name))) parameters.push(String(name))
      return sql`several.${sql.identifier(String(name))}`
    },
  })
  const { sql: one, params } = dialect.sqlToQuery(query(columns).getSQL())
  if (params.length || !parameters.length) throw new Error(`only parameters by name can be merged: ${one}`)
  const lists = parameters.map((_name, n) => `$${n + 1}::text[]`)
  const text = `select found.*, several.nth::int as nth from unnest(${lists}) with ordinality as several(${parameters.map((name) => `"${name}"`)}, nth)
    cross join lateral (${change(one)}) as found where several.nth between 1 and ${MERGED_MAX}`
  return { name: nameOf(text), text, parameters }
}

const nameOf = (text: string): string => `q${createHash('sha256').update(text).digest('hex').slice(0, 16)}`

// A proxy because the names are known to the type only.
const placeholders = <A>(): Names<A> =>
  new Proxy({} as Names<A>, { get: (_target, name) => sql.placeholder(String(name)) })

function boundValue(param: unknown, values: unknown): unknown {
  if (is(param, Param)) return param.encoder.mapToDriverValue(boundValue(param.value, values))
  if (typeof param !== 'object' || param === null || !('name' in param)) return param
  // a placeholder: drizzle's own class is the only object that stays in params
  return (values as Record<string, unknown>)[String(param.name)] ?? null
}

type Aliased<T extends PgTable> = {
  [K in keyof T['_']['columns']]: SQL.Aliased<T['$inferSelect'][K & keyof T['$inferSelect']]>
}

/** All columns of a table under their own names, so that the driver's rows need no mapping. */
export const rowOf = <T extends PgTable>(table: T): Aliased<T> =>
  Object.fromEntries(
    Object.entries(getTableColumns(table)).map(([key, column]) => [key, sql`${column}`.as(key)]),
  ) as Aliased<T> // fromEntries forgets the keys

/** One expression under a name. */
export const named = <T>(name: string, expression: SQL | PgColumn): SQL.Aliased<T> => sql<T>`${expression}`.as(name)
