import { nearest } from '../nearest.ts'
import { readDay, readDaySpan } from './day.ts'
import { type Field, type Op, operators, type Value } from './language.ts'
import { readMoment, readSpan } from './moment.ts'
import { patternFault } from './pattern.ts'

/** What is wrong with a value, at its place or at a place in its list. */
export interface ValueFault {
  code: string
  detail: string
  index?: number
  didYouMean?: string
}

const VALUES_MAX = 50
const TEXT_LENGTH_MAX = 500
/** What an integer column of ours can hold. */
const INTEGER_MAX = 2_147_483_647
const KEY = /^[\x21-\x7e]{1,64}$/
const OPTIONS_TOLD = 20

/** The value as the condition keeps it, or all that is wrong with it. `undefined` where the operator takes none. */
export function readValue<F>(field: Field<F>, op: Op, value: unknown): { value?: Value; faults: ValueFault[] } {
  const takes = operators[op]
  if (takes === 'none')
    return value === undefined || value === null ? { faults: [] } : fault('unknown', `${op} takes no value`)
  if (value === undefined || value === null)
    return fault('missing', value === null ? 'must be a value; nothing is asked for by absent' : 'is required')
  if (takes === 'list') return readList(field, value)
  if (takes === 'span') return readSpanOf(field, value)
  if (takes === 'pattern') {
    if (typeof value !== 'string' || !value) return fault('type', 'must be a regular expression')
    const wrong = patternFault(value)
    return wrong ? { faults: [wrong] } : kept(value)
  }
  const wrong = wrongWith(field, value)
  return wrong ? { faults: [wrong] } : kept(value)
}

/** A text of a query or an address as the value that the field's type takes; what it cannot be stays a text, and is told. */
export function valueFromText<F>({ type }: Field<F>, text: string): unknown {
  if (type === 'integer' && /^-?\d{1,16}$/.test(text)) return Number(text)
  if (type === 'decimal' && /^-?\d{1,16}(\.\d{1,16})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

const SPAN = 'must be a span like -7d or +2h, or a list of two moments'
const DAYS = 'must be a span like -7d or +2w, or a list of two days'

function readSpanOf<F>({ type }: Field<F>, value: unknown): { value?: Value; faults: ValueFault[] } {
  if (type === 'date') return readDaySpan(value) ? kept(value) : fault('date', DAYS)
  return readSpan(value) ? kept(value) : fault('instant', SPAN)
}

const fault = (code: string, detail: string) => ({ faults: [{ code, detail }] })
const kept = (value: unknown) => ({ value: value as Value, faults: [] }) // its form was looked at just before

function readList<F>(field: Field<F>, value: unknown): { value?: Value; faults: ValueFault[] } {
  if (!Array.isArray(value) || !value.length || value.length > VALUES_MAX)
    return fault('type', `must be a list of 1 to ${VALUES_MAX} values`)
  const faults = value.flatMap((each, index) => {
    const wrong = wrongWith(field, each)
    return wrong ? [{ ...wrong, index }] : []
  })
  return faults.length ? { faults } : kept(value)
}

function wrongWith<F>({ type, options, refersTo, member }: Field<F>, value: unknown): ValueFault | undefined {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : { code: 'type', detail: 'must be true or false' }
    case 'integer': {
      const most = member ? Number.MAX_SAFE_INTEGER : INTEGER_MAX
      return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= most
        ? undefined
        : { code: 'type', detail: `must be an integer of at most ${most}` }
    }
    case 'decimal':
      return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER
        ? undefined
        : { code: 'type', detail: `must be a number of at most ${Number.MAX_SAFE_INTEGER}` }
    case 'date':
      return typeof value === 'string' && readDay(value)
        ? undefined
        : { code: 'date', detail: 'must be a day like 2026-11-22, today, or relative like -7d' }
    case 'instant':
      return typeof value === 'string' && readMoment(value)
        ? undefined
        : { code: 'instant', detail: 'must be a date, an RFC 3339 moment, now, or relative like -7d' }
    case 'text':
    case 'tags':
      return wrongText(value)
    default:
      return options ? wrongOption(options, value) : wrongKey(value, refersTo)
  }
}

function wrongText(value: unknown): ValueFault | undefined {
  if (typeof value !== 'string' || !value) return { code: 'type', detail: 'must be a text that is not empty' }
  if (value.length > TEXT_LENGTH_MAX)
    return { code: 'too_long', detail: `is longer than ${TEXT_LENGTH_MAX} characters` }
  if (value.includes('\0') || !value.isWellFormed())
    return { code: 'text', detail: 'holds a NUL or half a surrogate pair' }
}

function wrongKey(value: unknown, refersTo: string | undefined): ValueFault | undefined {
  if (typeof value !== 'string' || !KEY.test(value))
    return { code: 'type', detail: refersTo ? `must be the id of a ${refersTo}` : 'must be a key' }
}

function wrongOption(options: readonly string[], value: unknown): ValueFault | undefined {
  if (typeof value !== 'string') return { code: 'type', detail: 'must be a key' }
  if (options.includes(value)) return
  const didYouMean = nearest(value, options)
  const known = options.slice(0, OPTIONS_TOLD).join(', ')
  return {
    code: 'not_found',
    detail: `${JSON.stringify(value.slice(0, 64))} is none of ${known}`,
    ...(didYouMean ? { didYouMean } : {}),
  }
}
