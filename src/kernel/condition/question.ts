import { type SQL, sql } from 'drizzle-orm'

import { type Day, dayAt, readDay, readDaySpan } from './day.ts'
import { fold, folded } from './fold.ts'
import { type Asking, type Condition, type Field, type Fields, keysBeyond, type Leaf } from './language.ts'
import { instantAt, type Moment, readMoment, readSpan } from './moment.ts'
import { fieldOf } from './predicate.ts'

/**
 * A condition for the WHERE. Its form decides the text of the statement, so a statement can be prepared once for each `shape`;
 * what was written by a caller is bound, always.
 */
export interface Question {
  shape: string
  /** The values to bind, with `me` and moments like -7d as of now. */
  values(asking: Asking): unknown[]
  condition(at: (n: number) => SQL): SQL
}

/** A checked condition in SQL: true for exactly the rows whose facts the predicate takes. Null counts as false. */
export function questionOf<F>(condition: Condition, fields: Fields<F>): Question {
  const binding: Binding = { values: [] }
  const { shape, sql: text } = nodeOf(condition, fields, binding)
  return {
    shape,
    condition: text,
    values: (asking) => binding.values.map((value) => value(asking)),
  }
}

/** The same with its values in it, for a statement that is sent once. */
export function sqlOf<F>(condition: Condition, fields: Fields<F>, asking: Asking): SQL {
  const question = questionOf(condition, fields)
  const values = question.values(asking)
  return question.condition((n) => sql`${sql.param(values[n])}`)
}

type Text = (at: (n: number) => SQL) => SQL
interface Part {
  shape: string
  sql: Text
}
interface Binding {
  values: ((asking: Asking) => unknown)[]
}

function nodeOf<F>(condition: Condition, fields: Fields<F>, binding: Binding): Part {
  const parts = (nodes: readonly Condition[]) => nodes.map((node) => nodeOf(node, fields, binding))
  if ('all' in condition) return joined('all', parts(condition.all), sql` and `, sql`true`)
  if ('any' in condition) return joined('any', parts(condition.any), sql` or `, sql`false`)
  if ('none' in condition) {
    const held = joined('none', parts(condition.none), sql` or `, sql`false`)
    // a comparison with nothing is null, which is not true: so its opposite must be true
    return { shape: held.shape, sql: (at) => sql`(${held.sql(at)}) is not true` }
  }
  const field = fieldOf(condition, fields)
  const { scope } = field
  const leaf = leafOf(condition, field, binding)
  // a member may be of another type on another desk
  const shape = `${condition.field}${field.member ? `:${field.type}` : ''} ${leaf.shape}`
  return { shape, sql: scope ? (at) => scope(leaf.sql(at), condition.op) : leaf.sql }
}

function joined(name: string, parts: Part[], by: SQL, empty: SQL): Part {
  const shape = `${name}(${parts.map((part) => part.shape).join(';')})`
  if (!parts.length) return { shape, sql: () => empty }
  return {
    shape,
    sql: (at) =>
      sql`(${sql.join(
        parts.map((part) => part.sql(at)),
        by,
      )})`,
  }
}

const COMPARE = { lt: sql`<`, lte: sql`<=`, gt: sql`>`, gte: sql`>=`, before: sql`<`, after: sql`>` }

function leafOf(leaf: Leaf, field: Field<never>, binding: Binding): Part {
  const { op, value = '' } = leaf
  const { column, type, options = [] } = field
  if (!column) throw new Error(`${leaf.field} cannot be asked of the database`)
  const bind = (resolved: (asking: Asking) => unknown): number => binding.values.push(resolved) - 1
  const fixed = (constant: unknown): number => bind(() => constant)
  const part = (text: Text, more = ''): Part => ({ shape: `${op}${more}`, sql: text })

  switch (op) {
    case 'present':
      return part(() => (isList(field) ? sql`cardinality(${column}) > 0` : sql`${column} is not null`))
    case 'absent':
      return part(() => (isList(field) ? sql`coalesce(cardinality(${column}), 0) = 0` : sql`${column} is null`))
    case 'is':
    case 'in':
      return membership(leaf, field, binding)
    case 'isNot':
    case 'notIn': {
      const { shape, sql: held } = membership(leaf, field, binding)
      return { shape: `not ${shape}`, sql: (at) => sql`(${column} is not null and (${held(at)}) is not true)` }
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      if (type === 'ordinal') {
        const n = fixed(keysBeyond(options, op, String(value)))
        return part((at) => sql`${column} = any(${at(n)}::text[])`)
      }
      if (type === 'integer' || type === 'decimal') {
        const n = fixed(field.member ? String(value) : value)
        const cast = field.member ? sql`numeric` : sql`int`
        return part((at) => sql`${column} ${COMPARE[op]} ${at(n)}::${cast}`)
      }
      return part(timeText(field, COMPARE[op], bind(timeOf(field, value))))
    case 'before':
    case 'after':
      return part(timeText(field, COMPARE[op], bind(timeOf(field, value))))
    case 'within': {
      const [from, to] = spanOf(field, value)
      const first = bind(from)
      const last = bind(to)
      return part((at) => sql`(${timeText(field, sql`>=`, first)(at)} and ${timeText(field, sql`<=`, last)(at)})`)
    }
    case 'contains':
    case 'notContains': {
      const held = containment(String(value), field, binding)
      if (op === 'contains') return part(held)
      return part((at) => sql`(${column} is not null and (${held(at)}) is not true)`)
    }
    case 'startsWith': {
      const n = fixed(fold(String(value)))
      return part((at) => sql`starts_with(${folded(column)}, ${at(n)}::text)`)
    }
    case 'endsWith': {
      const n = fixed(fold(String(value)))
      return part((at) => sql`right(${folded(column)}, char_length(${at(n)}::text)) = ${at(n)}::text`)
    }
    default:
      throw new Error(`${op} is not asked of the database`)
  }
}

const isList = ({ type, member }: Field<never>): boolean => type === 'tags' && !member

type Time = (asking: Asking) => string

const known = <T>(wanted: T | undefined): T => {
  if (!wanted) throw new Error('a checked condition has a moment or a day that is none')
  return wanted
}
const moment =
  (wanted: Moment): Time =>
  (asking) =>
    instantAt(wanted, asking.now)
const day =
  (wanted: Day): Time =>
  (asking) =>
    dayAt(wanted, asking.now)

const timeOf = ({ type }: Field<never>, value: unknown): Time =>
  type === 'date' ? day(known(readDay(String(value)))) : moment(known(readMoment(String(value))))

function spanOf({ type }: Field<never>, value: unknown): [Time, Time] {
  if (type === 'date') {
    const [from, to] = known(readDaySpan(value))
    return [day(from), day(to)]
  }
  const [from, to] = known(readSpan(value))
  return [moment(from), moment(to)]
}

// in JSON times are texts of one form, whose order byte by byte is that of time: a cast could fail
const timeText =
  ({ column, member }: Field<never>, operator: SQL, n: number): Text =>
  (at) =>
    sql`${column} ${operator} ${at(n)}::${member ? sql`text` : sql`timestamptz`}`

const CASTS = { integer: sql`int`, text: sql`text` }
const TRUTHS = { true: sql`true`, false: sql`false` }

function membership({ value }: Leaf, { column, type, ...field }: Field<never>, binding: Binding): Part {
  const wanted: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (field.member) return memberEquality(wanted, { type, ...field }, binding)
  if (field.literal) return literals(column, field.options ?? [], wanted)
  // as text, so that partial indices serve it
  if (type === 'boolean')
    return { shape: `is ${wanted[0]}`, sql: () => sql`${column} = ${TRUTHS[`${wanted[0] === true}`]}` }
  const cast = type === 'integer' ? CASTS.integer : CASTS.text
  const resolved =
    field.refersTo === 'person' && wanted.includes('me')
      ? ({ me }: Asking) => wanted.map((each) => (each === 'me' ? me : each))
      : () => wanted
  const one = wanted.length === 1
  const n = binding.values.push((asking) => (one ? resolved(asking)[0] : resolved(asking))) - 1
  return one
    ? { shape: 'is', sql: (at) => sql`${column} = ${at(n)}::${cast}` }
    : { shape: 'in', sql: (at) => sql`${column} = any(${at(n)}::${cast}[])` }
}

function memberEquality(wanted: readonly unknown[], field: Field<never>, binding: Binding): Part {
  const parts = wanted.map((each) => {
    const value = resolved(each, field)
    return binding.values.push((asking) => containing(field, value(asking))) - 1
  })
  return { shape: `is ${parts.length}`, sql: (at) => anyContained(field, parts.map(at)) }
}

function resolved(wanted: unknown, field: Field<never>): (asking: Asking) => unknown {
  if (field.type === 'date') return timeOf(field, wanted)
  if (field.refersTo === 'person' && wanted === 'me') return ({ me }) => me
  return () => wanted
}

const containing = ({ member }: Field<never>, value: unknown): string => JSON.stringify({ [member?.key ?? '']: value })

// said twice: the index has only rows that have any member
const anyContained = ({ member }: Field<never>, values: readonly SQL[]): SQL =>
  sql`(${member?.of} <> '{}' and (${sql.join(
    values.map((value) => sql`${member?.of} @> ${value}::jsonb`),
    sql` or `,
  )}))`

// Only words from the field's own list reach the text of a statement.
function literals(column: Field<never>['column'], options: readonly string[], wanted: readonly unknown[]): Part {
  const chosen = options.filter((option) => wanted.includes(option))
  const list = sql.raw(chosen.map((option) => `'${option}'`).join(', ') || 'null')
  return {
    shape: `in ${chosen.join()}`,
    sql: () => (chosen.length === 1 ? sql`${column} = ${list}` : sql`${column} in (${list})`),
  }
}

function containment(wanted: string, field: Field<never>, binding: Binding): Text {
  const { column, type } = field
  if (!column) throw new Error('there is no column to look into')
  if (type === 'tags' && field.member) {
    const n = binding.values.push(() => containing(field, [wanted])) - 1
    return (at) => anyContained(field, [at(n)])
  }
  if (type === 'tags') {
    const n = binding.values.push(() => [wanted]) - 1
    return (at) => sql`${column} @> ${at(n)}::text[]`
  }
  const part = fold(wanted)
  const n = binding.values.push(() => part) - 1
  return (at) => sql`strpos(${folded(column)}, ${at(n)}::text) > 0`
}
