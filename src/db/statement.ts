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
  /** Never set: what its rows look like. */
  row?: R
}

/** Reads rows together with the `xmin` of the row of `table` that its twin would lock: it is another one once the row has changed. */
interface Watch {
  name: string
  text: string
  table: PgTable
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
  <R>(query: ($: Names<A>) => Built<R>): Statement<A, R> =>
    compiled<A, R>(query)

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
  (query: ($: Names<A>) => SQL): Statement<A, R> =>
    compiled<A, R>(query)

/** The same for one that locks the rows of `table`, without `for update` in it. Its command may run without locks instead: see `Watch`. */
export const prepareLock =
  <A>() =>
  <R>(table: PgTable, query: ($: Names<A>) => Built<R>): Statement<A, R> =>
    compiled<A, R>(query, table)

function compiled<A, R>(query: ($: Names<A>) => SQLWrapper, locked?: PgTable): Statement<A, R> {
  let ready: (Omit<Sql<R>, 'values'> & { params: unknown[] }) | undefined
  return {
    bind(values) {
      ready ??= compile(query(placeholders<A>()), locked)
      const { params, ...statement } = ready
      return { ...statement, values: params.map((param) => boundValue(param, values)) }
    },
  }
}

const WRITES_OR_LOCKS = /\b(insert|update|delete|merge|share|advisory\w*|pg_\w*lock\w*|set_config)\b/i

function compile(query: SQLWrapper, locked: PgTable | undefined) {
  const { sql: text, params } = dialect.sqlToQuery(query.getSQL())
  if (!locked) return { name: nameOf(text), text, params, isRead: !WRITES_OR_LOCKS.test(text) }
  const table = `"${getTableName(locked)}"`
  const watch = text.replace('select ', `select ${table}.xmin::text as "xmin", `)
  const locking = `${text} for update of ${table}`
  return { name: nameOf(locking), text: locking, params, watch: { name: nameOf(watch), text: watch, table: locked } }
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
