import { getTableName } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { LRUCache } from 'lru-cache'
import type { Sql } from '../db/statement.ts'
import type { Versions } from './versions.ts'
import { type Group, metaOf, type Row } from './write-groups.ts'

/** Forms kept as named statements. The server keeps each of them for both connections of a process, in a megabyte or so: mail alone has some fifty. */
const FORMS_MAX = 150
const forms = new Map<string, { name: string; text: string }>()
/** What comes now and then stays unnamed: mail has a thousand forms, and they would use up the names. */
const USES_BEFORE_NAME = 3
const uses = new LRUCache<string, number>({ max: 2_000 })

/** From here on a place for every row, and none left over. */
const PLACES_MAX = 64

/** Places for so many rows: a power of two, so that a few texts do for any number. Those that are left over hold nothing. */
const placesFor = (rows: number): number => (rows > PLACES_MAX ? rows : 2 ** Math.ceil(Math.log2(rows)))

export const parametersOf = (groups: readonly Group[]): number =>
  groups.reduce((sum, { columns, rows }) => sum + columns.length * placesFor(rows.length), 0)

/** Compiled once for each set of tables, columns and places; values are bound in order. With `versions` it holds only while the desk's configuration has these. */
export function statementFor(groups: readonly Group[], versions?: Versions): Sql {
  const values: unknown[] = versions ? [versions.vocabulary, versions.rules] : []
  for (const group of groups) {
    const { table, columns, rows } = group
    if (rows.length > 1) throwIfAmiss(group)
    const all = metaOf(table).columns
    for (const row of rows)
      for (const key of columns) values.push(row[key] == null ? null : (all.get(key)?.encode(row[key]) ?? row[key]))
    for (let left = columns.length * (placesFor(rows.length) - rows.length); left > 0; left--) values.push(null)
  }
  if (versions) for (const { kind, rows } of groups) if (kind === 'guarded') values.push(rows.length)

  const form = `${versions ? 'guarded ' : ''}${groups.map(formOf).join(';')}`
  const known = forms.get(form)
  if (known) return { ...known, values }
  const text = textOf(groups, versions !== undefined)
  const used = (uses.get(form) ?? 0) + 1
  uses.set(form, used)
  if (used < USES_BEFORE_NAME || forms.size >= FORMS_MAX) return { text, values }
  const made = { name: `w${forms.size}`, text }
  forms.set(form, made)
  return { ...made, values }
}

/** Of several rows each is told from a place that is left over, and each says of every column what is to stand there. */
function throwIfAmiss({ kind, table, columns, rows }: Group): void {
  const filled = filledOf(table, columns)
  const isAmiss = (row: Row) =>
    kind === 'guarded' ? columns.some((key) => row[key] === undefined) : row[filled] == null
  if (rows.some(isAmiss)) throw new Error(`${getTableName(table)}: a row without ${filled}, or not read whole`)
}

/** A column that is never null. */
function filledOf(table: PgTable, columns: readonly string[]): string {
  const all = metaOf(table).columns
  const filled = columns.find((key) => all.get(key)?.notNull)
  if (filled === undefined) throw new Error(`${getTableName(table)}: nothing tells a row from no row`)
  return filled
}

const formOf = ({ kind, table, columns, rows }: Group): string =>
  `${kind}:${getTableName(table)}(${columns})${placesFor(rows.length)}`

function textOf(groups: readonly Group[], isGuarded: boolean): string {
  let n = isGuarded ? 2 : 0
  const parts = groups.map(({ kind, table, columns, rows }) => {
    const { name, columns: all, keys } = metaOf(table)
    const sqlOf = (key: string) => all.get(key)?.sql ?? 'xmin'
    const bind = (key: string) => `$${++n}::${all.get(key)?.cast ?? 'text'}`
    const tuple = () => `(${columns.map(bind).join(', ')})`
    const tuples = () => Array.from({ length: placesFor(rows.length) }, tuple).join(', ')
    const names = columns.map(sqlOf).join(', ')
    const equal = (key: string) => `${sqlOf(key)} = ${bind(key)}`
    if (kind === 'insert' || kind === 'ignore') {
      const from =
        rows.length === 1
          ? `values ${tuple()}`
          : `select * from (values ${tuples()}) as v (${names}) where v.${sqlOf(filledOf(table, columns))} is not null`
      return `insert into "${name}" (${names}) ${from}${kind === 'ignore' ? ' on conflict do nothing' : ''}`
    }
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
  const last = isGuarded ? guardOf(groups, n) : (parts.pop() ?? '')
  return parts.length ? `with ${parts.map((part, i) => `w${i} as (${part})`).join(', ')} ${last}` : last
}

/** Fails the statement, and all that it writes, unless the configuration and each guarded row are still as they were read. */
function guardOf(groups: readonly Group[], parameters: number): string {
  let n = parameters
  const asRead = groups.flatMap(({ kind }, i) =>
    kind === 'guarded' ? [`(select count(*) from w${i}) = $${++n}::int`] : [],
  )
  const holds = ['exists (select from versions where vocabulary = $1::int and rules = $2::int)', ...asRead].join(
    ' and ',
  )
  return `select 1 / (case when ${holds} then 1 else 0 end)`
}
