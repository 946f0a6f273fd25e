import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { LRUCache } from 'lru-cache'
import type { Connection } from '../db/client.ts'
import { build, named } from '../db/statement.ts'
import { preparedForm } from './forms.ts'

type Row = Readonly<Record<string, unknown>>

/** A row as a statement saw it. While `xmin` is the same nobody has written it: the way of `Watch`, for reads. */
export interface Sight {
  id: string
  revision: string
}

/** A list, as far as it matters here. */
interface Kept {
  name: string
  columns: Record<string, SQL.Aliased<unknown>>
  from: PgTable
  id: PgColumn
  hidden?: readonly string[]
  keeps?: true
}

/** Tickets take two to three kilobytes each. */
const ROWS_MAX = 15_000
/** From this share on it is quicker to ask for what is not known than for everything. */
const KNOWN_MIN = 0.5
/** Below it one list of so many asks nevertheless: to learn, and to see whether more is known by now. */
const ASKS_EVERY = 8
const REMEMBERED_LISTS = 200

interface Store {
  rows: LRUCache<string, { revision: string; row: Row }>
  /** Of the rows that the last lists showed, about so many were known. */
  knownShare: number
  lists: number
}

/** Rows that one process has read of one database, by the columns of their lists. */
export type KeptRows = Map<Kept['columns'], Store>

const revisionOf = ({ from }: Kept) => named<string>('revision', sql`${from}.xmin::text`)

/** What a sight is made of. */
export const sightOf = (list: Kept) => ({ id: named<string>('id', list.id), revision: revisionOf(list) })

/**
 * The rows of a list that `see` finds, of which only those are read that are not known as they are. They are frozen: others hold them, too.
 * Undefined where the list is to be read whole: it keeps none, too little is known, or one changed meanwhile and may not belong there any more.
 */
export async function keptRows<S extends Sight>(
  { kept, db }: { kept: KeptRows; db: Connection },
  list: Kept,
  see: () => Promise<readonly S[]>,
): Promise<{ seen: readonly S[]; rows: readonly Row[] } | undefined> {
  if (!list.keeps) return
  const store = storeOf(kept, list)
  if (store.lists++ % ASKS_EVERY && store.knownShare < KNOWN_MIN) return

  const seen = await see()
  const known = ({ id, revision }: S) => {
    const found = store.rows.get(id)
    return found?.revision === revision ? found.row : undefined
  }
  const missing = seen.filter((sight) => !known(sight)).map(({ id }) => id)
  if (seen.length) store.knownShare += (1 - missing.length / seen.length - store.knownShare) / REMEMBERED_LISTS
  if (missing.length)
    for (const { revision, ...row } of (await db.query(byIds(list).bind({ ids: missing }))).rows)
      store.rows.set(String(row.id), { revision: String(revision), row: sealed(row, list.hidden) })
  const rows = seen.map(known).filter((row) => row !== undefined)
  return rows.length === seen.length ? { seen, rows } : undefined
}

function storeOf(kept: KeptRows, { columns }: Kept): Store {
  const found = kept.get(columns)
  if (found) return found
  const made: Store = { rows: new LRUCache({ max: ROWS_MAX }), knownShare: 1, lists: 0 }
  kept.set(columns, made)
  return made
}

const byIds = (list: Kept) =>
  preparedForm(`${list.name}, by ids`, ($) => {
    const columns = { ...list.columns, revision: revisionOf(list) }
    return sql`${build.select(columns).from(list.from).where(sql`${list.id} = any(${$.ids}::text[])`)}`
  })

/** What only cursors need is there, and not to be seen. */
function sealed(row: Record<string, unknown>, hidden: readonly string[] = []): Row {
  for (const name of hidden) Object.defineProperty(row, name, { enumerable: false })
  return frozen(row)
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  Object.values(value).forEach(frozen)
  return Object.freeze(value)
}
