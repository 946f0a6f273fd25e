import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { and, type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { type Static, Type } from 'typebox'
import { build, prepareSql, type Statement, unnamed } from '../db/statement.ts'
import type { QueryContext } from './desk.ts'
import { type FilterField, Filters, type Term, termOf } from './filter.ts'
import { preparedForm } from './forms.ts'
import { keptRows, type Sight, sightOf } from './kept-rows.ts'
import { nearest } from './nearest.ts'
import { beyond, keysOf, type Order, positionOf, type SortKey } from './order.ts'
import { Problem } from './problems.ts'
import { Closed } from './schema.ts'
import { type Viewer, viewerIn, viewing } from './viewer.ts'

export const LIMIT_MAX = 100
export const LIMIT_DEFAULT = 25
const SORT_KEYS_MAX = 3
/** Three values to sort by, their forms and a signature. */
export const CURSOR_LENGTH_MAX = 2_000
const TOTAL_MAX = 10_000

/** Which page of a list. `after` and `before` are cursors of an earlier answer to the same question. */
export const PageInput = Closed({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMIT_MAX })),
  after: Type.Optional(Type.String({ maxLength: CURSOR_LENGTH_MAX })),
  before: Type.Optional(Type.String({ maxLength: CURSOR_LENGTH_MAX })),
  sort: Type.Optional(Type.String({ maxLength: 300 })),
  includeTotal: Type.Optional(Type.Boolean()),
  filters: Type.Optional(Filters),
})
export type PageInput = Static<typeof PageInput>

export interface Page<R> {
  data: R[]
  nextCursor: string | null
  prevCursor: string | null
  total?: number
  totalIsCapped?: boolean
}

/** A list for one audience: what may be asked of it. The statements are built once for each form of question. */
export interface List<R> {
  name: string
  /** Must hold `id` and the sort properties. */
  columns: Record<string, SQL.Aliased<unknown>>
  from: PgTable
  /** What this audience may see at all. */
  visible?(viewer: Viewer): SQL
  id: PgColumn
  filters: Record<string, FilterField>
  sorts: Record<string, SortKey>
  /** A property by whose members it is filtered and sorted too, as `fields.serial_number`; the desk's configuration says which there are. */
  members?: string
  /** As a caller would write it. Newest first where nothing is said. */
  defaultSort: string
  /** Columns that only cursors need: gone from the answer, so that a row is the resource and nothing else. */
  hidden?: readonly string[]
  /** Its columns are those of one row of `from` and of nothing else, the same for everybody: what was read is kept until the row is written. */
  keeps?: true
  /** Never set: what a row looks like. */
  row?: R
}

type Row = Record<string, unknown>

/** What narrows a list beside its filters. `name` is what cursors are bound to: the same for the same question, whenever it is asked. */
export interface Narrowing {
  name: string
  term: Term
}

/** The same list, of no more than which rows they are: see `keptRows`. */
export const seenOf = ({ row: _, ...list }: List<unknown>): List<Sight> => ({
  ...list,
  name: `${list.name}, seen`,
  columns: sightOf(list),
})

/** One page, by keyset (no offset): equally fast at any depth. `secret` signs the cursors. */
export async function readPage<R>(
  list: List<R>,
  context: QueryContext,
  input: PageInput,
  narrowing?: Narrowing,
): Promise<Page<R>> {
  const { db, actor, now, secrets } = context
  const { limit = LIMIT_DEFAULT, after, before, filters = [], sort = list.defaultSort } = input
  if (after !== undefined && before !== undefined) throw wrongParameter('before', 'cannot be combined with after')
  const orders = ordersOf(list, sort)
  const filtered = filters.map(({ field, op, values }) =>
    termOf(field, known(list.filters, field, 'field'), op, values, { actor, now }),
  )
  const terms = narrowing ? [narrowing.term, ...filtered] : filtered
  const binding = JSON.stringify([list.name, actor.id, sort, filters, ...(narrowing ? [narrowing.name] : [])])
  const cursor = after ?? before
  const at = cursor === undefined ? undefined : openCursor(secrets.cursor, binding, cursor)

  const backwards = before !== undefined
  const form = { orders, terms, hasCursor: at !== undefined, backwards, limit: limit + 1 }
  const values = { ...bound(terms), ...(at && cursorValues(at)), ...viewing(actor) }
  const asked = async <S>(of: List<S>) => (await db.query(statementFor(of, form).bind(values))).rows as S[] // by its own columns
  const read = async () =>
    (await keptRows(context, list, () => asked(seenOf(list)))) ?? { seen: undefined, rows: await asked(list) }
  const counted = input.includeTotal
    ? db.query(countFor(list, terms).bind({ ...bound(terms), ...viewing(actor) }))
    : undefined
  const [{ seen, rows }, count] = await Promise.all([read(), counted])

  const more = rows.length > limit
  const data = (backwards ? rows.slice(0, limit).reverse() : rows.slice(0, limit)) as Row[]
  const seal = (row: Row | undefined) =>
    row && sealCursor(secrets.cursor, binding, [...orders.flatMap(({ key }) => positionOf(key, row)), row.id])
  const nextCursor = (backwards || more ? seal(data.at(-1)) : undefined) ?? null
  const prevCursor = (backwards ? more : at !== undefined) ? (seal(data[0]) ?? null) : null
  // undefined is not printed, and costs less than a copy without it; rows that are kept hide it themselves
  if (!seen) for (const name of list.hidden ?? []) for (const row of data) row[name] = undefined
  return {
    data: data as R[], // selected by the list's own columns
    nextCursor,
    prevCursor,
    ...(count && totalFrom(Number(count.rows[0]?.total ?? 0))),
  }
}

const totalFrom = (counted: number) => ({ total: Math.min(counted, TOTAL_MAX), totalIsCapped: counted > TOTAL_MAX })

function ordersOf(list: Pick<List<unknown>, 'sorts'>, sort: string): Order[] {
  const names = sort.split(',')
  if (names.length > SORT_KEYS_MAX) throw wrongParameter('sort', `takes up to ${SORT_KEYS_MAX} keys`)
  return names.map((signed) => {
    const descending = signed.startsWith('-')
    const name = descending ? signed.slice(1) : signed
    return { name, descending, key: known(list.sorts, name, 'sort') }
  })
}

/** What is wrong with a sort, for an input that is kept. */
export function checkSort(list: Pick<List<unknown>, 'sorts'>, sort: string): { detail: string } | undefined {
  try {
    ordersOf(list, sort)
  } catch (error) {
    if (error instanceof Problem) return { detail: error.message.replace(/^sort: /, '') }
    throw error
  }
}

function known<T>(all: Record<string, T>, name: string, what: 'field' | 'sort'): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined
  if (found) return found
  const didYouMean = nearest(name, Object.keys(all))
  throw wrongParameter(
    what === 'sort' ? 'sort' : name,
    what === 'sort' ? `${name} is nothing to sort by` : 'is unknown here',
    didYouMean,
  )
}

/** 400 at a parameter, with the name that was probably meant. */
export const wrongParameter = (name: string, detail: string, didYouMean?: string) =>
  new Problem('invalid_parameter', {
    detail: `${name}: ${detail}${didYouMean ? `; did you mean ${didYouMean}?` : ''}`,
    errors: [{ pointer: `/${name}`, code: 'invalid', detail }],
    ...(didYouMean ? { didYouMean } : {}),
  })

interface Form {
  orders: Order[]
  terms: Term[]
  hasCursor: boolean
  backwards: boolean
  /** Part of the text: with a bound one the server guesses a tenth of the table, and plans each page anew. */
  limit: number
}

function statementFor(list: List<unknown>, form: Form): Statement<Row, Row> {
  const { orders, terms, hasCursor, backwards, limit } = form
  const order = orders
    .map(({ name, key, descending }) => `${descending ? '-' : ''}${name} ${key.member?.kind ?? ''}`)
    .join()
  const shape = [list.name, order, hasCursor, backwards, limit, ...terms.map((term) => term.shape)].join('|')
  return preparedForm(shape, ($) => {
    // the id goes the way of the last key, so that one index can serve a sort of one direction
    const keys = [...orders.flatMap(keysOf), { column: sql`${list.id}`, descending: orders.at(-1)?.descending ?? true }]
    const directed = keys.map(({ column, descending }) => ({ column, descending: descending !== backwards }))
    const cursor = hasCursor ? beyond(directed, (n) => sql`${$[`c${n}`]}`) : undefined
    const conditions = and(list.visible?.(viewerIn($)), ...conditionsOf(terms, (name) => sql`${$[name]}`), cursor)
    const ordering = sql.join(
      directed.map(({ column, descending }) => (descending ? sql`${column} desc` : sql`${column} asc`)),
      sql`, `,
    )
    return sql`${build.select(list.columns).from(list.from).where(conditions).orderBy(ordering)} limit ${sql.raw(String(limit))}`
  })
}

function countFor(list: List<unknown>, terms: Term[]): Statement<Row, Row> {
  // rare, and of as many forms as filters can be combined
  const counted = prepareSql<Row, Row>()(($: Record<string, Placeholder>) => {
    const conditions = and(list.visible?.(viewerIn($)), ...conditionsOf(terms, (name) => sql`${$[name]}`))
    return sql`select count(*)::int as total from (select 1 from ${list.from} ${conditions ? sql`where ${conditions}` : sql``} limit ${sql.raw(String(TOTAL_MAX + 1))}) as counted`
  })
  return unnamed(counted)
}

const nameOf = (term: number, n: number): string => `v${term}_${n}`
const conditionsOf = (terms: Term[], at: (name: string) => SQL): SQL[] =>
  terms.map((term, t) => term.condition((n) => at(nameOf(t, n))))
const bound = (terms: Term[]) =>
  Object.fromEntries(terms.flatMap(({ values }, t) => values.map((value, n) => [nameOf(t, n), value])))
const cursorValues = (values: unknown[]) => Object.fromEntries(values.map((value, n) => [`c${n}`, value]))

const SIGNATURE_BYTES = 16

// a key made of bytes anew for each page costs more than the signature
const keys = new WeakMap<Uint8Array, KeyObject>()

function keyOf(secret: Uint8Array): KeyObject {
  const known = keys.get(secret)
  if (known) return known
  const made = createSecretKey(secret)
  keys.set(secret, made)
  return made
}

const signatureOf = (secret: Uint8Array, binding: string, payload: string) =>
  createHmac('sha256', keyOf(secret)).update(`${binding}\n${payload}`).digest().subarray(0, SIGNATURE_BYTES)

/** Opaque, signed, and good for the same question by the same actor only: both are in `binding`. */
export function sealCursor(secret: Uint8Array, binding: string, values: unknown[]): string {
  const payload = JSON.stringify(values)
  return `${Buffer.from(payload).toString('base64url')}.${signatureOf(secret, binding, payload).toString('base64url')}`
}

/** The values of a cursor of ours for this question, or invalid_parameter. */
export function openCursor(secret: Uint8Array, binding: string, cursor: string): unknown[] {
  const [encoded = '', signed = ''] = cursor.split('.')
  const payload = Buffer.from(encoded, 'base64url').toString()
  const given = Buffer.from(signed, 'base64url')
  const expected = signatureOf(secret, binding, payload)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw wrongParameter('cursor', 'is not one of ours for this list, sort and filter')
  }
  const values: unknown = JSON.parse(payload)
  return Array.isArray(values) ? values : []
}
