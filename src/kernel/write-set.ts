import { getTableColumns, getTableName, type InferInsertModel } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { LRUCache } from 'lru-cache'
import { type Sql, sqlName } from '../db/statement.ts'

type Row = Record<string, unknown>

/** One row to be written. `ignore`: an insert that yields to a row that is there already. */
interface Write {
  kind: 'insert' | 'ignore' | 'update' | 'remove'
  table: PgTable
  id: string
  row: Row
}

interface Mark {
  writes: Map<string, Write>
  copies: Map<string, Row>
  changes: number
}

/** Rows of one command. More is a mistake of ours: long work is done in batches by jobs. */
const WRITES_MAX = 2_000

/**
 * What a command will have written by its commit: one statement of data-modifying CTEs.
 * Inserts are merged by table, because CTEs run in no promised order and identities must follow the order of `emit`;
 * changes to one row are one UPDATE, and a change to a row inserted here is part of its insert (an UPDATE would miss it).
 */
export class WriteSet {
  #writes = new Map<string, Write>()
  #copies = new Map<string, Row>()
  #unnamed = 0
  #log: (() => void)[] = []

  get isEmpty(): boolean {
    return this.#writes.size === 0
  }

  insert<T extends PgTable>(table: T, row: InferInsertModel<T>): void {
    this.#put('insert', table, row)
  }

  /** Writes the row unless one with its key is there. */
  insertMissing<T extends PgTable>(table: T, row: InferInsertModel<T>): void {
    this.#put('ignore', table, row)
  }

  /** `current` is the locked row: it becomes the working copy, so that whoever reads it next sees the change. */
  update<T extends PgTable>(table: T, current: T['$inferSelect'], changes: Partial<InferInsertModel<T>>): void {
    const id = identityOf(table, current)
    const copy = this.#copies.get(id) ?? current
    this.#copies.set(id, copy)
    for (const row of copy === current ? [copy] : [copy, current]) {
      const before = Object.fromEntries(Object.keys(changes).map((key) => [key, (row as Row)[key]]))
      this.#log.push(() => Object.assign(row, before))
      Object.assign(row, changes)
    }

    const pending = this.#writes.get(id)
    if (pending?.kind === 'remove') throw new Error(`${getTableName(table)}: a removed row cannot change`)
    if (pending) Object.assign(pending.row, changes)
    else this.#writes.set(id, { kind: 'update', table, id, row: { ...keyOf(table, current), ...changes } })
  }

  /** A row that stands in the database; one inserted in this set cannot be removed in it. */
  remove<T extends PgTable>(table: T, current: T['$inferSelect']): void {
    const id = identityOf(table, current)
    this.#writes.set(id, { kind: 'remove', table, id, row: keyOf(table, current) })
  }

  /** A place to come back to; see `undo`. */
  mark(): Mark {
    const writes = new Map([...this.#writes].map(([id, write]) => [id, { ...write, row: { ...write.row } }]))
    return { writes, copies: new Map(this.#copies), changes: this.#log.length }
  }

  /** Forgets what was written since, and gives the rows that were changed their former values. */
  undo({ writes, copies, changes }: Mark): void {
    for (const back of this.#log.splice(changes).reverse()) back()
    this.#writes = writes
    this.#copies = copies
  }

  /** Everything so far as one statement, or nothing. Empties the set. */
  take(): Sql | undefined {
    if (this.isEmpty) return
    const writes = [...this.#writes.values()]
    this.#writes.clear()
    this.#copies.clear()
    return statementFor(writes)
  }

  #put(kind: 'insert' | 'ignore', table: PgTable, row: Row): void {
    if (this.#writes.size >= WRITES_MAX) throw new Error(`more than ${WRITES_MAX} rows in one command`)
    const { keys } = metaOf(table)
    // rows without a key, or whose key the database gives (identities), have no name here
    const hasKey = keys.length > 0 && keys.every((key) => row[key] !== undefined)
    const id = hasKey ? identityOf(table, row) : `${getTableName(table)}#${this.#unnamed++}`
    if (this.#writes.has(id)) {
      if (kind === 'ignore') return
      throw new Error(`${id} is written twice`)
    }
    this.#writes.set(id, { kind, table, id, row: { ...row } })
  }
}

interface Meta {
  name: string
  columns: Map<string, { sql: string; cast: string; encode: (value: unknown) => unknown }>
  keys: string[]
}

const metas = new WeakMap<PgTable, Meta>()

function metaOf(table: PgTable): Meta {
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

const keyOf = (table: PgTable, row: Row): Row => Object.fromEntries(metaOf(table).keys.map((key) => [key, row[key]]))

const identityOf = (table: PgTable, row: Row): string =>
  `${getTableName(table)}:${metaOf(table)
    .keys.map((key) => String(row[key]))
    .join('|')}`

/** Shapes kept as named statements; rarer ones are sent unnamed. */
const SHAPES_MAX = 200
const shapes = new LRUCache<string, { name: string; text: string }>({ max: SHAPES_MAX })
let shapesMade = 0

interface Group {
  kind: Write['kind']
  table: PgTable
  columns: string[]
  rows: Row[]
}

/** Compiled once for each shape (tables, columns, rows); values are bound in order. */
function statementFor(writes: Write[]): Sql {
  const groups = grouped(writes)
  const shape = groups
    .map(({ kind, table, columns, rows }) => `${kind}:${getTableName(table)}(${columns})${rows.length}`)
    .join(';')
  const values: unknown[] = []
  for (const { table, columns, rows } of groups) {
    const meta = metaOf(table)
    for (const row of rows) {
      for (const key of columns) values.push(row[key] == null ? null : meta.columns.get(key)?.encode(row[key]))
    }
  }

  const known = shapes.get(shape)
  if (known) return { ...known, values }
  const text = textOf(groups)
  if (shapesMade >= SHAPES_MAX) return { text, values }
  const made = { name: `w${shapesMade++}`, text }
  shapes.set(shape, made)
  return { ...made, values }
}

/** Inserts by table in the order of their first row; updates and removals one by one, key columns first. */
function grouped(writes: Write[]): Group[] {
  const groups: Group[] = []
  const inserts = new Map<string, Group>()
  for (const { kind, table, row } of writes) {
    const { keys, columns } = metaOf(table)
    const given = Object.keys(row).filter((key) => row[key] !== undefined)
    if (kind === 'update' || kind === 'remove') {
      groups.push({ kind, table, columns: [...keys, ...given.filter((key) => !keys.includes(key))], rows: [row] })
      continue
    }
    const name = `${kind}:${getTableName(table)}`
    const group = inserts.get(name) ?? { kind, table, columns: [], rows: [] }
    if (!inserts.has(name)) groups.push(group)
    inserts.set(name, group)
    group.rows.push(row)
    if (given.some((key) => !group.columns.includes(key))) {
      group.columns = [...columns.keys()].filter((key) => group.columns.includes(key) || given.includes(key))
    }
  }
  return groups
}

function textOf(groups: Group[]): string {
  let n = 0
  const parts = groups.map(({ kind, table, columns, rows }) => {
    const { name, columns: all, keys } = metaOf(table)
    const sqlOf = (key: string) => all.get(key)?.sql ?? ''
    const bind = (key: string) => `$${++n}::${all.get(key)?.cast}`
    const equal = (key: string) => `${sqlOf(key)} = ${bind(key)}`
    if (kind === 'insert' || kind === 'ignore') {
      const tuples = rows.map(() => `(${columns.map(bind).join(', ')})`).join(', ')
      return `insert into "${name}" (${columns.map(sqlOf).join(', ')}) values ${tuples}${kind === 'ignore' ? ' on conflict do nothing' : ''}`
    }
    // bound in the order of the columns: the key first, then what changes
    const where = keys.map(equal).join(' and ')
    if (kind === 'remove') return `delete from "${name}" where ${where}`
    return `update "${name}" set ${columns.slice(keys.length).map(equal).join(', ')} where ${where}`
  })
  const last = parts.pop() ?? ''
  return parts.length ? `with ${parts.map((part, i) => `w${i} as (${part})`).join(', ')} ${last}` : last
}
