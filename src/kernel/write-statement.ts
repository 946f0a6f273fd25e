import { getTableColumns, getTableName } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { LRUCache } from 'lru-cache'
import { type Sql, sqlName } from '../db/statement.ts'
import type { Versions } from './versions.ts'

export type Row = Record<string, unknown>

/**
 * One row to be written. `ignore`: an insert that yields to a row that is there already. `guarded`: an update that holds only while the
 * row still has the `xmin` with which it was read.
 */
export interface Write {
  kind: 'insert' | 'ignore' | 'update' | 'guarded' | 'remove'
  table: PgTable
  id: string
  row: Row
}

interface Meta {
  name: string
  columns: Map<string, { sql: string; cast: string; encode: (value: unknown) => unknown }>
  keys: string[]
}

const metas = new WeakMap<PgTable, Meta>()

export function metaOf(table: PgTable): Meta {
  const known = metas.get(table)
  if (known) return known
  const columns = Object.entries(getTableColumns(table))
  const keys = columns.filter(([, column]) => column.primary).map(([key]) => key)
  const meta: Meta = {
    name: getTableName(table),
    columns: new Map(
      columns.map(([key, column]) => [
        key,
        { sql: `"${sqlName(column)}"`, cast: castOf(column), encode: (value) => column.mapToDriverValue(value) },
      ]),
    ),
    keys: keys.length ? keys : (compositeKeys.get(table) ?? []),
  }
  metas.set(table, meta)
  return meta
}

const compositeKeys = new WeakMap<PgTable, string[]>()

/** Tables with a key of several columns name it here; Drizzle marks only single columns as primary. */
export function withKey<T extends PgTable>(table: T, ...keys: (keyof T['$inferSelect'] & string)[]): T {
  compositeKeys.set(table, keys)
  return table
}

const castOf = (column: PgColumn): string => column.getSQLType().replace(' COLLATE "C"', '')

export const keyOf = (table: PgTable, row: Row): Row =>
  Object.fromEntries(metaOf(table).keys.map((key) => [key, row[key]]))

export const identityOf = (table: PgTable, row: Row): string =>
  `${getTableName(table)}:${metaOf(table)
    .keys.map((key) => String(row[key]))
    .join('|')}`

export interface Group {
  kind: Write['kind']
  table: PgTable
  columns: string[]
  rows: Row[]
}

/** Shapes kept as named statements. A server keeps each of them for every connection. */
const SHAPES_MAX = 400
const shapes = new Map<string, { name: string; text: string }>()
/** What comes now and then stays unnamed: mail has a thousand shapes, and they would use up the names. */
const USES_BEFORE_NAME = 3
const uses = new LRUCache<string, number>({ max: 2_000 })

/** Tables, columns and numbers of rows: what decides the text of a statement. */
export const shapeOf = (groups: readonly Group[]): string =>
  groups.map(({ kind, table, columns, rows }) => `${kind}:${getTableName(table)}(${columns})${rows.length}`).join(';')

/** Compiled once for each shape; values are bound in order. With `versions` it holds only while the desk's configuration has these. */
export function statementFor(groups: readonly Group[], versions?: Versions): Sql {
  const values: unknown[] = versions ? [versions.vocabulary, versions.rules] : []
  for (const { table, columns, rows } of groups) {
    const all = metaOf(table).columns
    for (const row of rows) {
      for (const key of columns) values.push(row[key] == null ? null : (all.get(key)?.encode(row[key]) ?? row[key]))
    }
  }
  const shape = `${versions ? 'guarded ' : ''}${shapeOf(groups)}`
  const known = shapes.get(shape)
  if (known) return { ...known, values }
  const text = textOf(groups, versions !== undefined)
  const used = (uses.get(shape) ?? 0) + 1
  uses.set(shape, used)
  if (used < USES_BEFORE_NAME || shapes.size >= SHAPES_MAX) return { text, values }
  const made = { name: `w${shapes.size}`, text }
  shapes.set(shape, made)
  return { ...made, values }
}

/** Inserts by table in the order of their first row, guarded updates by table and columns; others one by one, key columns first. */
export function grouped(writes: readonly Write[]): Group[] {
  const groups: Group[] = []
  const open = new Map<string, Group>()
  for (const { kind, table, row } of writes) {
    const { keys, columns } = metaOf(table)
    const given = Object.keys(row).filter((key) => row[key] !== undefined)
    if (kind === 'update' || kind === 'guarded' || kind === 'remove') {
      const named = [...keys, ...given.filter((key) => !keys.includes(key))]
      const name = `guarded:${getTableName(table)}:${named}`
      const alike = kind === 'guarded' && open.get(name)
      if (alike) {
        alike.rows.push(row)
        continue
      }
      const group: Group = { kind, table, columns: named, rows: [row] }
      if (kind === 'guarded') open.set(name, group)
      groups.push(group)
      continue
    }
    const name = `${kind}:${getTableName(table)}`
    const group = open.get(name) ?? { kind, table, columns: [], rows: [] }
    if (!open.has(name)) groups.push(group)
    open.set(name, group)
    group.rows.push(row)
    if (given.some((key) => !group.columns.includes(key))) {
      group.columns = [...columns.keys()].filter((key) => group.columns.includes(key) || given.includes(key))
    }
  }
  return groups
}

function textOf(groups: readonly Group[], isGuarded: boolean): string {
  let n = isGuarded ? 2 : 0
  const parts = groups.map(({ kind, table, columns, rows }) => {
    const { name, columns: all, keys } = metaOf(table)
    const sqlOf = (key: string) => all.get(key)?.sql ?? 'xmin'
    const bind = (key: string) => `$${++n}::${all.get(key)?.cast ?? 'text'}`
    const tuples = () => rows.map(() => `(${columns.map(bind).join(', ')})`).join(', ')
    const names = columns.map(sqlOf).join(', ')
    const equal = (key: string) => `${sqlOf(key)} = ${bind(key)}`
    if (kind === 'insert' || kind === 'ignore')
      return `insert into "${name}" (${names}) values ${tuples()}${kind === 'ignore' ? ' on conflict do nothing' : ''}`
    if (kind === 'guarded') {
      const changes = columns.filter((key) => key !== 'xmin' && !keys.includes(key))
      const where = [...keys.map((key) => `t.${sqlOf(key)} = v.${sqlOf(key)}`), 't.xmin = v.xmin::xid'].join(' and ')
      const set = changes.map((key) => `${sqlOf(key)} = v.${sqlOf(key)}`).join(', ')
      return `update "${name}" as t set ${set} from (values ${tuples()}) as v (${names}) where ${where} returning 1`
    }
    // bound in the order of the columns: the key first, then what changes
    const where = keys.map(equal).join(' and ')
    if (kind === 'remove') return `delete from "${name}" where ${where}`
    return `update "${name}" set ${columns.slice(keys.length).map(equal).join(', ')} where ${where}`
  })
  const last = isGuarded ? guardOf(groups) : (parts.pop() ?? '')
  return parts.length ? `with ${parts.map((part, i) => `w${i} as (${part})`).join(', ')} ${last}` : last
}

/** Fails the statement, and all that it writes, unless the configuration and each guarded row are still as they were read. */
function guardOf(groups: readonly Group[]): string {
  const guarded = groups.flatMap(({ kind, rows }, n) => (kind === 'guarded' ? [{ n, count: rows.length }] : []))
  const asRead = guarded.map(({ n, count }) => `(select count(*) from w${n}) = ${count}`)
  const holds = ['exists (select from versions where vocabulary = $1::int and rules = $2::int)', ...asRead].join(
    ' and ',
  )
  return `select 1 / (case when ${holds} then 1 else 0 end)`
}
