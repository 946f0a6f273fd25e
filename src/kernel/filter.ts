import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { type Static, Type } from 'typebox'
import type { Actor } from './actor.ts'
import { after, type Instant } from './clock.ts'
import { readInstant } from './instant.ts'
import { Problem } from './problems.ts'
import { Closed } from './schema.ts'

export const filterOps = ['is', 'gt', 'gte', 'lt', 'lte', 'contains'] as const
export type FilterOp = (typeof filterOps)[number]

const VALUES_MAX = 50
const FILTERS_MAX = 20

/** What a list is narrowed to, in either API: `status=open,on_hold` is { field: 'status', op: 'is', values: ['open', 'on_hold'] }. */
export const Filters = Type.Array(
  Closed({
    field: Type.String({ maxLength: 80 }),
    op: Type.Enum([...filterOps]),
    values: Type.Array(Type.String({ maxLength: 320 }), { minItems: 1, maxItems: VALUES_MAX }),
  }),
  { maxItems: FILTERS_MAX },
)
export type Filters = Static<typeof Filters>

/** A field to filter by. `literals`: a closed enumeration, written into the statement so that partial indices serve it. */
export interface FilterField {
  column: PgColumn | SQL
  /** For a boolean that is no column but a question about whoever asks: `me` is their id. */
  question?(me: SQL): SQL
  kind: 'text' | 'reference' | 'instant' | 'integer' | 'boolean' | 'tags'
  literals?: readonly string[]
}

const OPS: Record<FilterField['kind'], readonly FilterOp[]> = {
  text: ['is', 'contains'],
  reference: ['is'],
  instant: ['is', 'gt', 'gte', 'lt', 'lte'],
  integer: ['is', 'gt', 'gte', 'lt', 'lte'],
  boolean: ['is'],
  tags: ['contains'],
}

/** The operators of a field, in the order in which documents list them. */
export const opsOf = (field: FilterField): readonly FilterOp[] => OPS[field.kind]

/** One condition of the WHERE: its form decides the statement, its values are bound. */
export interface Term {
  shape: string
  condition(at: (n: number) => SQL): SQL
  values: readonly unknown[]
}

/** Several terms as one. */
export function allOf(terms: readonly Term[]): Term {
  const offsets = terms.map((_, t) => terms.slice(0, t).reduce((sum, { values }) => sum + values.length, 0))
  return {
    shape: terms.map(({ shape }) => shape).join('&'),
    values: terms.flatMap(({ values }) => values),
    condition: (at) =>
      sql.join(
        terms.map((term, t) => term.condition((n) => at((offsets[t] ?? 0) + n))),
        sql` and `,
      ),
  }
}

interface Asking {
  actor: Actor
  now: Instant
}

/** The term of one filter, or invalid_parameter. `me` is the caller, `none` is empty, `-7d` counts back from now. */
export function termOf(name: string, field: FilterField, op: FilterOp, values: string[], asking: Asking): Term {
  if (!OPS[field.kind].includes(op)) throw wrong(name, `takes ${OPS[field.kind].join(', ')}`)
  const { column, kind, literals } = field
  const shape = `${name} ${op}`
  if (literals && op !== 'is') throw wrong(name, 'takes is')
  if (literals) return literalTerm(name, column, literals, values)
  if (op === 'contains') return containsTerm(shape, column, kind, single(name, values))
  if (op === 'is') return isTerm(shape, name, field, values, asking)

  const value =
    kind === 'instant' ? instantFrom(name, single(name, values), asking.now) : integerFrom(name, single(name, values))
  const operator = sql.raw({ gt: '>', gte: '>=', lt: '<', lte: '<=' }[op])
  return { shape, values: [value], condition: (at) => sql`${column} ${operator} ${at(0)}` }
}

// Only values from our own list reach the text of a statement.
function literalTerm(name: string, column: FilterField['column'], literals: readonly string[], values: string[]): Term {
  for (const value of values) if (!literals.includes(value)) throw wrong(name, `must be one of ${literals.join(', ')}`)
  const chosen = literals.filter((literal) => values.includes(literal))
  const list = sql.raw(chosen.map((literal) => `'${literal}'`).join(', '))
  const condition = () => (chosen.length === 1 ? sql`${column} = ${list}` : sql`${column} in (${list})`)
  return { shape: `${name} in ${chosen.join()}`, values: [], condition }
}

function containsTerm(shape: string, column: FilterField['column'], kind: FilterField['kind'], value: string): Term {
  if (kind === 'tags') return { shape, values: [[value]], condition: (at) => sql`${column} @> ${at(0)}::text[]` }
  return {
    shape,
    values: [`%${value.replace(/[\\%_]/g, '\\$&')}%`],
    condition: (at) => sql`${column} ilike ${at(0)}`,
  }
}

function isTerm(shape: string, name: string, field: FilterField, values: string[], asking: Asking): Term {
  const { column, kind, question } = field
  if (question) {
    const wanted = typed(name, 'boolean', single(name, values), asking)
    return { shape, values: [wanted, asking.actor.id], condition: (at) => sql`${question(at(1))} = ${at(0)}::boolean` }
  }
  const present = values
    .filter((value) => value !== 'none' || kind === 'text')
    .map((value) => typed(name, kind, value, asking))
  const orEmpty = present.length < values.length
  if (!present.length) return { shape: `${shape} none`, values: [], condition: () => sql`${column} is null` }
  const [first] = present
  if (present.length === 1 && !orEmpty) return { shape, values: [first], condition: (at) => sql`${column} = ${at(0)}` }
  const type = sql.raw(kind === 'integer' ? 'int[]' : kind === 'boolean' ? 'boolean[]' : 'text[]')
  return {
    shape: `${shape} any${orEmpty ? ' none' : ''}`,
    values: [present],
    condition: (at) =>
      orEmpty
        ? sql`(${column} is null or ${column} = any(${at(0)}::${type}))`
        : sql`${column} = any(${at(0)}::${type})`,
  }
}

function typed(name: string, kind: FilterField['kind'], value: string, { actor }: Asking): unknown {
  if (kind === 'integer') return integerFrom(name, value)
  // nobody means one millisecond; `none` was taken out before
  if (kind === 'instant') throw wrong(name, 'takes none, or bounds in brackets')
  if (kind === 'boolean') {
    if (value !== 'true' && value !== 'false') throw wrong(name, 'must be true or false')
    return value === 'true'
  }
  return kind === 'reference' && value === 'me' ? actor.id : value
}

function integerFrom(name: string, value: string): number {
  if (!/^-?\d{1,9}$/.test(value)) throw wrong(name, 'must be an integer')
  return Number(value)
}

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

function instantFrom(name: string, value: string, now: Instant): Instant {
  const relative = /^([+-])(\d{1,5})([mhdw])$/.exec(value)
  if (relative) return after(now, Number(`${relative[1]}${relative[2]}`) * (UNITS[relative[3] ?? ''] ?? 0))
  const instant = readInstant(/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : value)
  if (instant === undefined) throw wrong(name, 'must be a date, an RFC 3339 moment, or relative like -7d')
  return instant
}

function single(name: string, values: string[]): string {
  const [value, ...more] = values
  if (value === undefined || more.length) throw wrong(name, 'takes one value')
  return value
}

const wrong = (name: string, detail: string) =>
  new Problem('invalid_parameter', {
    detail: `${name}: ${detail}`,
    errors: [{ pointer: `/${name}`, code: 'invalid', detail }],
  })
