import { getTableColumns, getTableName } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { sqlName } from '../db/statement.ts'

export type Row = Record<string, unknown>

/**
 * One row to be written. `ignore`: an insert that yields to a row that is there already. `guarded`: an update that holds only while the
 * row still has the `xmin` with which it was read; `row` is all of it, `changed` what is new.
 */
export type Write = { table: PgTable; id: string; row: Row } & (
  | { kind: 'insert' | 'ignore' | 'update' | 'remove' }
  | { kind: 'guarded'; changed: readonly string[] }
)

interface Meta {
  name: string
  columns: Map<string, { sql: string; cast: string; notNull: boolean; encode: (value: unknown) => unknown }>
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
        {
          sql: `"${sqlName(column)}"`,
          cast: castOf(column),
          notNull: column.notNull,
          encode: (value) => column.mapToDriverValue(value),
        },
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

/** Inserts by table in the order of their first row, guarded updates by table; others one by one, key columns first. */
export function grouped(writes: readonly Write[]): Group[] {
  const groups: Group[] = []
  const open = new Map<string, Group>()
  for (const write of writes) {
    const { kind, table, row } = write
    const { keys, columns } = metaOf(table)
    if (kind === 'update' || kind === 'remove') {
      const given = Object.keys(row).filter((key) => row[key] !== undefined && !keys.includes(key))
      groups.push({ kind, table, columns: [...keys, ...given], rows: [row] })
      continue
    }
    const given = kind === 'guarded' ? write.changed : Object.keys(row).filter((key) => row[key] !== undefined)
    const name = `${kind}:${getTableName(table)}`
    const group = open.get(name) ?? { kind, table, columns: kind === 'guarded' ? [...keys, 'xmin'] : [], rows: [] }
    if (!open.has(name)) groups.push(group)
    open.set(name, group)
    group.rows.push(row)
    if (given.some((key) => !group.columns.includes(key))) {
      const named = new Set([...group.columns, ...given])
      group.columns =
        kind === 'guarded' ? guarded(table, [], named).columns : [...columns.keys()].filter((key) => named.has(key))
    }
  }
  return groups
}

/** What those share who can be written by one statement, whatever rows and changes there are of each: tables, and what is inserted there. */
export const shapeOf = (groups: readonly Group[]): string =>
  groups
    .map(({ kind, table, columns }) => `${kind}:${getTableName(table)}${kind === 'guarded' ? '' : `(${columns})`}`)
    .join(';')

/** Those of equal shapes have groups for the same tables at the same places. */
export function merged([first = [], ...others]: readonly Group[][]): Group[] {
  return first.map((group, n) => {
    const all = [group, ...others.flatMap((groups) => groups[n] ?? [])]
    const rows = all.flatMap((one) => one.rows)
    return group.kind === 'guarded'
      ? guarded(group.table, rows, new Set(all.flatMap((one) => one.columns)))
      : { ...group, rows }
  })
}

/** Rows whose changes differ say of the others' columns what they were read with: while the guard holds that changes nothing. */
function guarded(table: PgTable, rows: Row[], changed: ReadonlySet<string>): Group {
  const { keys, columns } = metaOf(table)
  const changes = [...columns.keys()].filter((key) => changed.has(key) && !keys.includes(key))
  return { kind: 'guarded', table, columns: [...keys, ...changes, 'xmin'], rows }
}
