import { getTableName, type InferInsertModel } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Sql } from '../db/statement.ts'
import { type Group, grouped, identityOf, keyOf, metaOf, type Row, type Write } from './write-groups.ts'
import { statementFor } from './write-statement.ts'

export { withKey } from './write-groups.ts'

interface Mark {
  writes: Map<string, Write>
  copies: Map<string, Row>
  changes: number
}

/** What a command writes without having locked anything. */
export interface Unlocked {
  /** In the order of their tables. */
  groups: Group[]
  /** The rows whose change by somebody else would spoil it. */
  rows: string[]
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
  #watched = new Map<string, string>()
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
  update<T extends PgTable>(table: T, current: T['$inferSelect'], asked: Partial<InferInsertModel<T>>): void {
    const changes = given(asked)
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
    return statementFor(grouped(writes))
  }

  /** A row as it was read without a lock: what is written holds only while nobody has changed it. False when it has changed already. */
  watch(table: PgTable, row: Row, xmin: string): boolean {
    const id = identityOf(table, row)
    const isFirst = !this.#watched.has(id)
    if (isFirst) this.#watched.set(id, xmin)
    return isFirst || this.#watched.get(id) === xmin
  }

  /**
   * Everything so far, for a commit without locks; empties the set. Undefined when it takes locks: it changes a row that was not watched,
   * or hangs on one that it leaves as it is.
   */
  takeUnlocked(): Unlocked | undefined {
    const writes = [...this.#writes.values()]
    let guarded = 0
    for (const [n, { kind, id, table, row }] of writes.entries()) {
      if (kind === 'insert' || kind === 'ignore') continue
      const xmin = this.#watched.get(id)
      if (kind === 'remove' || xmin === undefined) return
      const whole = this.#copies.get(id) ?? row
      writes[n] = { kind: 'guarded', id, table, row: { ...whole, xmin }, changed: Object.keys(row) }
      guarded++
    }
    if (guarded !== this.#watched.size) return
    this.#writes.clear()
    this.#copies.clear()
    return { groups: grouped(writes).sort(byTable), rows: [...this.#watched.keys()] }
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

/** What is undefined is not to change. */
function given(changes: Row): Row {
  const all = Object.entries(changes)
  return all.every(([, value]) => value !== undefined)
    ? changes
    : Object.fromEntries(all.filter(([, value]) => value !== undefined))
}

/** The same tables stand at the same places, whatever was written first; and their rows are waited for in one order. */
function byTable(one: Group, other: Group): number {
  const [a, b] = [getTableName(one.table), getTableName(other.table)]
  if (a === b) return one.kind < other.kind ? -1 : 1
  return a < b ? -1 : 1
}
