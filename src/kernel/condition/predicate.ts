import { type Day, dayAt, readDay, readDaySpan } from './day.ts'
import { fold } from './fold.ts'
import { type Asking, type Condition, type Field, type Fields, keysBeyond, type Leaf } from './language.ts'
import { instantAt, type Moment, readMoment, readSpan } from './moment.ts'
import { patternTest } from './pattern.ts'

export type Predicate<F> = (facts: F, asking: Asking) => boolean

/** A checked condition as a function, made once and called often. The twin of `questionOf` in SQL. */
export function predicateOf<F>(condition: Condition, fields: Fields<F>): Predicate<F> {
  if ('all' in condition) return every(condition.all.map((node) => predicateOf(node, fields)))
  if ('any' in condition) return some(condition.any.map((node) => predicateOf(node, fields)))
  if ('none' in condition) {
    const held = some(condition.none.map((node) => predicateOf(node, fields)))
    return (facts, asking) => !held(facts, asking)
  }
  return leafPredicate(condition, fieldOf(condition, fields))
}

/** The field of a checked leaf; one that is gone since is a mistake of ours. */
export function fieldOf<F>({ field }: Leaf, fields: Fields<F>): Field<F> {
  const known = fields.get(field)
  if (!known) throw new Error(`conditions have no field ${field}`)
  return known
}

function every<F>(parts: Predicate<F>[]): Predicate<F> {
  const [first, second, third] = parts
  if (!first) return () => true
  if (!second) return first
  if (!third) return (facts, asking) => first(facts, asking) && second(facts, asking)
  if (parts.length === 3)
    return (facts, asking) => first(facts, asking) && second(facts, asking) && third(facts, asking)
  return (facts, asking) => {
    for (const part of parts) if (!part(facts, asking)) return false
    return true
  }
}

function some<F>(parts: Predicate<F>[]): Predicate<F> {
  const [first, second] = parts
  if (!first) return () => false
  if (!second) return first
  if (parts.length === 2) return (facts, asking) => first(facts, asking) || second(facts, asking)
  return (facts, asking) => {
    for (const part of parts) if (part(facts, asking)) return true
    return false
  }
}

/** One leaf. What is missing matches nothing but `absent`: each comparison says so for itself. */
export function leafPredicate<F>(leaf: Leaf, field: Field<F>): Predicate<F> {
  const { read } = field
  switch (leaf.op) {
    case 'present':
      return (facts) => !isEmpty(read(facts))
    case 'absent':
      return (facts) => isEmpty(read(facts))
    case 'changed':
      return (facts) => field.changedFrom?.(facts) !== undefined
    case 'changedFrom':
    case 'changedTo':
      return changePredicate(leaf, field)
    case 'is': {
      const { value } = leaf
      // the most frequent of all: no call in between
      if (field.type !== 'reference' && field.type !== 'date') return (facts) => read(facts) === value
    }
  }
  const test = valueTest(leaf, field)
  return (facts, asking) => {
    const value = read(facts)
    return value !== null && value !== undefined && test(value, asking)
  }
}

/** A tag is changed to when it was added, and from when it was removed. */
function changePredicate<F>({ op, value }: Leaf, field: Field<F>): Predicate<F> {
  const equals = equality(field, value)
  return (facts, asking) => {
    const change = field.changedFrom?.(facts)
    if (!change) return false
    const { value: from } = change
    const to = field.read(facts)
    const [wanted, other] = op === 'changedTo' ? [to, from] : [from, to]
    return equals(wanted, asking) && !equals(other, asking)
  }
}

/** An empty list of tags is there, and is absent all the same: a ticket without tags has none to ask for. */
const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0)

type ValueTest = (value: unknown, asking: Asking) => boolean

/** Operators that look at one value, which is there. */
function valueTest({ op, value: wanted }: Leaf, field: Field<never>): ValueTest {
  const text = String(wanted)
  switch (op) {
    case 'is':
      return equality(field, wanted)
    case 'isNot': {
      const equals = equality(field, wanted)
      return (value, asking) => !equals(value, asking)
    }
    case 'in':
      return membership(field, listOf(wanted))
    case 'notIn': {
      const holds = membership(field, listOf(wanted))
      return (value, asking) => !holds(value, asking)
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return comparison(op, field, wanted)
    case 'before':
      return timeTest(field, text, COMPARE.lt)
    case 'after':
      return timeTest(field, text, COMPARE.gt)
    case 'within':
      return field.type === 'date' ? daySpanTest(wanted) : spanTest(wanted)
    case 'contains':
      return containment(field, text)
    case 'notContains': {
      const holds = containment(field, text)
      return (value, asking) => !holds(value, asking)
    }
    case 'startsWith':
      return textTest(text, (value, start) => value.startsWith(start))
    case 'endsWith':
      return textTest(text, (value, end) => value.endsWith(end))
    case 'matches': {
      const test = patternTest(text)
      return (value) => typeof value === 'string' && test(value)
    }
    default:
      throw new Error(`${op} looks at no value`)
  }
}

const listOf = (value: Leaf['value']): readonly unknown[] => (Array.isArray(value) ? value : [value])

const names = ({ type, refersTo }: Field<never>, value: unknown): boolean =>
  type === 'reference' && refersTo === 'person' && value === 'me'

function equality(field: Field<never>, wanted: Leaf['value']): ValueTest {
  if (names(field, wanted)) return (value, { me }) => value === me
  if (field.type === 'tags') return (value) => Array.isArray(value) && value.includes(wanted)
  if (field.type === 'instant' || field.type === 'date')
    return timeTest(field, String(wanted), (value, at) => value === at)
  return (value) => value === wanted
}

function membership(field: Field<never>, wanted: readonly unknown[]): ValueTest {
  if (field.type === 'date') {
    const tests = wanted.map((each) => equality(field, String(each)))
    return (value, asking) => tests.some((test) => test(value, asking))
  }
  const set = new Set<unknown>(wanted)
  if (wanted.some((each) => names(field, each))) return (value, { me }) => set.has(value) || value === me
  return (value) => set.has(value)
}

function comparison(op: 'lt' | 'lte' | 'gt' | 'gte', field: Field<never>, wanted: Leaf['value']) {
  const { type, options = [] } = field
  if (type === 'ordinal') {
    const keys = new Set<unknown>(keysBeyond(options, op, String(wanted)))
    return (value: unknown) => keys.has(value)
  }
  if (type === 'instant' || type === 'date') return timeTest(field, String(wanted), COMPARE[op])
  const bound = Number(wanted)
  const holds = COMPARE[op]
  return (value: unknown) => typeof value === 'number' && holds(value, bound)
}

const COMPARE = {
  lt: <T extends string | number>(a: T, b: T) => a < b,
  lte: <T extends string | number>(a: T, b: T) => a <= b,
  gt: <T extends string | number>(a: T, b: T) => a > b,
  gte: <T extends string | number>(a: T, b: T) => a >= b,
}

type TimeComparison = (value: string, at: string) => boolean

const timeTest = ({ type }: Field<never>, wanted: string, holds: TimeComparison): ValueTest =>
  type === 'date' ? dayTest(readDay(wanted), holds) : momentTest(readMoment(wanted), holds)

// so are days
function dayTest(day: Day | undefined, holds: TimeComparison): ValueTest {
  if (!day) throw new Error('a checked condition has a day that is none')
  return (value, { now }) => typeof value === 'string' && holds(value, dayAt(day, now))
}

function daySpanTest(wanted: Leaf['value']): ValueTest {
  const [from, to] = readDaySpan(wanted) ?? []
  const notBefore = dayTest(from, COMPARE.gte)
  const notAfter = dayTest(to, COMPARE.lte)
  return (value, asking) => notBefore(value, asking) && notAfter(value, asking)
}

// moments are strings of one form: their order is that of time
function momentTest(moment: Moment | undefined, holds: TimeComparison): ValueTest {
  if (!moment) throw new Error('a checked condition has a moment that is none')
  if ('at' in moment) return (value) => typeof value === 'string' && holds(value, moment.at)
  return (value, { now }) => typeof value === 'string' && holds(value, instantAt(moment, now))
}

function spanTest(wanted: Leaf['value']): ValueTest {
  const [from, to] = readSpan(wanted) ?? []
  const notBefore = momentTest(from, (value, at) => value >= at)
  const notAfter = momentTest(to, (value, at) => value <= at)
  return (value, asking) => notBefore(value, asking) && notAfter(value, asking)
}

function containment({ type }: Field<never>, wanted: string): ValueTest {
  if (type === 'tags') return (value) => Array.isArray(value) && value.includes(wanted)
  return textTest(wanted, (value, part) => value.includes(part))
}

/** Texts are looked through without regard to case. */
function textTest(wanted: string, holds: (value: string, part: string) => boolean): ValueTest {
  const part = fold(wanted)
  return (value) => typeof value === 'string' && holds(fold(value), part)
}
