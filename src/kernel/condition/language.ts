import type { SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Instant } from '../clock.ts'

/** What can be said of a field, with what it takes beside it. */
export const operators = {
  is: 'one',
  isNot: 'one',
  in: 'list',
  notIn: 'list',
  lt: 'one',
  lte: 'one',
  gt: 'one',
  gte: 'one',
  contains: 'one',
  notContains: 'one',
  startsWith: 'one',
  endsWith: 'one',
  matches: 'pattern',
  present: 'none',
  absent: 'none',
  before: 'one',
  after: 'one',
  within: 'span',
  changed: 'none',
  changedFrom: 'one',
  changedTo: 'one',
} as const
export type Op = keyof typeof operators

export const isOp = (name: string): name is Op => Object.hasOwn(operators, name)

const EQUALITY = ['is', 'isNot', 'in', 'notIn'] as const
const ORDER = ['lt', 'lte', 'gt', 'gte'] as const
const PRESENCE = ['present', 'absent'] as const

const OPS = {
  text: [...EQUALITY, 'contains', 'notContains', 'startsWith', 'endsWith', 'matches', ...PRESENCE],
  key: [...EQUALITY, ...PRESENCE],
  ordinal: [...EQUALITY, ...ORDER, ...PRESENCE],
  integer: [...EQUALITY, ...ORDER, ...PRESENCE],
  decimal: [...EQUALITY, ...ORDER, ...PRESENCE],
  boolean: ['is', 'isNot', ...PRESENCE],
  date: [...EQUALITY, ...ORDER, 'before', 'after', 'within', ...PRESENCE],
  instant: [...ORDER, 'before', 'after', 'within', ...PRESENCE],
  tags: ['contains', 'notContains', ...PRESENCE],
  reference: [...EQUALITY, ...PRESENCE],
} as const satisfies Record<string, readonly Op[]>
type FieldType = keyof typeof OPS

const CHANGE: readonly Op[] = ['changed', 'changedFrom', 'changedTo']
/** A regular expression of Postgres is another language than RE2: it is not asked of the database. */
const FACTS_ONLY: readonly Op[] = ['matches', ...CHANGE]

/** What a condition is asked of: the facts of one event, or all rows of a list. */
export type Use = 'facts' | 'list'

/**
 * A field of conditions. A feature describes it: the kernel knows types and operators only.
 * Without `column` it can be asked of facts only.
 */
export interface Field<F> {
  type: FieldType
  /** Its value in the facts; null or undefined where there is none. */
  read(facts: F): unknown
  /** What the event changed it from; undefined where the event did not change it. */
  changedFrom?(facts: F): { value: unknown } | undefined
  column?: PgColumn | SQL
  /**
   * The value is a member of a JSON column, and `column` takes it out. Whether it equals or holds something is asked of the whole column:
   * so one index serves all members.
   */
  member?: { of: PgColumn; key: string }
  /** Puts a condition on `column` into the statement, where the column stands in another table. `absent` holds where there is no row, too. */
  scope?(condition: SQL, op: Op): SQL
  /** The keys it can have; of an ordinal, from low to high. */
  options?: readonly string[]
  /** `options` are ours and never change: they are written into statements, so that partial indices serve them. */
  literal?: boolean
  /** What a reference names; `me` names a person. */
  refersTo?: 'person' | 'team' | 'organization' | 'ticket'
}

export type Fields<F> = ReadonlyMap<string, Field<F>>

export type Value = string | number | boolean | readonly (string | number)[]

/** One statement about one field. */
export interface Leaf {
  field: string
  op: Op
  value?: Value
}

/** A checked condition: the same JSON that came in. */
export type Condition =
  | Leaf
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { none: readonly Condition[] }

/** Who asks, and when: what `me` and `-7d` mean. In a rule, the actor and the moment of the event. */
export interface Asking {
  me: string
  now: Instant
}

/** The operators of a field, in the order in which documents list them. */
export function opsOf<F>(field: Field<F>, use: Use): readonly Op[] {
  const ops: readonly Op[] = OPS[field.type]
  if (use === 'list') return field.column ? ops.filter((op) => !FACTS_ONLY.includes(op)) : []
  return field.changedFrom ? [...ops, ...CHANGE] : ops
}

/** The keys of an ordinal that a comparison takes in. */
export function keysBeyond(options: readonly string[], op: 'lt' | 'lte' | 'gt' | 'gte', key: string): string[] {
  const at = options.indexOf(key)
  const holds = {
    lt: (n: number) => n < at,
    lte: (n: number) => n <= at,
    gt: (n: number) => n > at,
    gte: (n: number) => n >= at,
  }[op]
  return at < 0 ? [] : options.filter((_, n) => holds(n))
}
