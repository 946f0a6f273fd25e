import type { Actor } from '../../kernel/actor.ts'
import type { Changes } from '../../kernel/events.ts'
import { isDate, readInstant } from '../../kernel/instant.ts'
import { nearest } from '../../kernel/nearest.ts'
import { type Fault, invalidInput } from '../../kernel/problems.ts'
import { FIELDS, seesField, setsField } from './policy.ts'
import {
  type CustomField,
  type Definitions,
  type FieldType,
  NUMBER_MAX,
  TEXT_LENGTH_MAX,
  type Values,
} from './schema.ts'

/** What is wrong with a value, before it has a place. */
type ValueFault = Pick<Fault, 'code' | 'detail' | 'didYouMean'>
type Read = { value: unknown } | { fault: ValueFault }

const wrong = (code: string, detail: string): Read => ({ fault: { code, detail } })

/** A value as it is kept, or why it is none of this field. Whether a person exists is asked elsewhere. */
export function readValue(field: CustomField, value: unknown): Read {
  switch (field.type) {
    case 'text':
      return readText(field, value)
    case 'integer':
    case 'decimal':
      return readNumber(field, value)
    case 'boolean':
      return typeof value === 'boolean' ? { value } : wrong('type', 'must be true or false')
    case 'date':
      return typeof value === 'string' && isDate(value) ? { value } : wrong('date', 'must be a day like 2026-11-22')
    case 'datetime': {
      const instant = typeof value === 'string' ? readInstant(value) : undefined
      return instant === undefined
        ? wrong('date-time', 'must be a moment of the years 1 to 9999 (RFC 3339)')
        : { value: instant }
    }
    case 'select':
      return readOption(field, value)
    case 'multiselect':
      return readOptions(field, value)
    case 'url':
      return readUrl(value)
    case 'person':
      return isId(value) ? { value } : wrong('type', 'must be the id of a person')
    case 'organization':
      return isId(value) ? { value } : wrong('type', 'must be the id of an organization')
  }
}

const isId = (value: unknown): boolean => typeof value === 'string' && /^[\x21-\x7e]{1,64}$/.test(value)

function readText({ minLength, maxLength }: CustomField, value: unknown): Read {
  if (typeof value !== 'string') return wrong('type', 'must be a text')
  if (!value) return wrong('minLength', 'is empty; null takes the value away')
  const most = maxLength ?? TEXT_LENGTH_MAX
  const characters = [...value].length // as JSON Schema counts them
  if (characters > most) return wrong('maxLength', `is longer than ${most} characters`)
  if (minLength !== null && characters < minLength) return wrong('minLength', `is shorter than ${minLength} characters`)
  return { value }
}

function readNumber({ type, minimum, maximum }: CustomField, value: unknown): Read {
  if (typeof value !== 'number' || !Number.isFinite(value)) return wrong('type', 'must be a number')
  if (type === 'integer' && !Number.isInteger(value)) return wrong('type', 'must be an integer')
  const [least, most] = [minimum ?? -NUMBER_MAX, maximum ?? NUMBER_MAX]
  if (value < least) return wrong('minimum', `is less than ${least}`)
  if (value > most) return wrong('maximum', `is more than ${most}`)
  return { value: value === 0 ? 0 : value } // JSON has no negative zero
}

function readOption({ options }: CustomField, value: unknown): Read {
  const known = options ?? []
  const found = known.find(({ key }) => key === value)
  if (found && !found.retired) return { value }
  if (typeof value !== 'string') return wrong('type', 'must be the key of an option')
  if (found) return wrong('retired', `${value} is not chosen any more`)
  const keys = known.filter(({ retired }) => !retired).map(({ key }) => key)
  const didYouMean = nearest(value, keys)
  const detail = `${JSON.stringify(value.slice(0, 64))} is none of ${keys.slice(0, 20).join(', ')}`
  return { fault: { code: 'not_found', detail, ...(didYouMean ? { didYouMean } : {}) } }
}

/** Kept in the order of the options, so that the same choice is the same value. */
function readOptions(field: CustomField, value: unknown): Read {
  if (!Array.isArray(value)) return wrong('type', 'must be a list of keys of options')
  if (!value.length) return wrong('minItems', 'is empty; null takes the value away')
  if (new Set(value).size < value.length) return wrong('uniqueItems', 'names an option twice')
  for (const each of value) {
    const read = readOption(field, each)
    if ('fault' in read) return read
  }
  return { value: (field.options ?? []).map(({ key }) => key).filter((key) => value.includes(key)) }
}

function readUrl(value: unknown): Read {
  if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX)
    return wrong('uri', `must be an address of at most ${TEXT_LENGTH_MAX} characters`)
  const url = /^https?:\/\/[^\s<>"\\]+$/i.test(value) && URL.canParse(value) ? new URL(value) : undefined
  if (!url) return wrong('uri', 'must be an address that begins with https:// or http://')
  if (url.username || url.password) return wrong('uri', 'holds a name or a password')
  return { value }
}

interface Given {
  actor: Actor
  definitions: Definitions
  /** The type of the ticket; undefined where that is not known yet. */
  type: string | undefined
}

/** Where a field stands in an input. */
const pointerTo = (key: string, at = ''): string =>
  `${at}/fields/${key.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Whether tickets of a type have a field. */
export const isInForm = ({ types, retired }: CustomField, type: string): boolean =>
  !retired && (types === null || types.includes(type))

/**
 * The values of an input as they are kept, null where one is to be taken away, and all that is wrong, each at its place. To an actor who
 * does not see a field it is as unknown as one that does not exist.
 */
export function readValues(given: Given, input: Values, at = ''): { values: Values; faults: Fault[] } {
  const faults: Fault[] = []
  const values: [string, unknown][] = []
  for (const [key, value] of Object.entries(input)) {
    const read = readGiven(given, key, value)
    if ('fault' in read) faults.push({ pointer: pointerTo(key, at), ...read.fault })
    else values.push([key, read.value])
  }
  return { values: Object.fromEntries(values), faults }
}

function readGiven({ actor, definitions, type }: Given, key: string, value: unknown): Read {
  const field = definitions.get(key)
  if (!field || !seesField(actor, field)) return unknown(actor, definitions, key)
  if (!setsField(actor, field)) return wrong('read_only', 'is set by agents only')
  if (value === null) return { value }
  if (field.retired) return wrong('retired', 'is not set any more; null takes the value away')
  if (type !== undefined && !isInForm(field, type)) return wrong('not_allowed', `is no field of the type ${type}`)
  return readValue(field, value)
}

function unknown(actor: Actor, definitions: Definitions, key: string): Read {
  const known = [...definitions.values()].filter((field) => seesField(actor, field)).map((field) => field.key)
  const didYouMean = nearest(key, known)
  const detail = didYouMean ? `is not known here; did you mean ${didYouMean}?` : 'is not known here'
  return { fault: { code: 'unknown', detail, ...(didYouMean ? { didYouMean } : {}) } }
}

/** What a new ticket of a type has where nothing is said. */
export const defaultsOf = (definitions: Definitions, type: string): Values =>
  Object.fromEntries(
    [...definitions.values()].flatMap((field) =>
      isInForm(field, type) && field.defaultValue !== null ? [[field.key, field.defaultValue]] : [],
    ),
  )

/** What must be given to open a ticket, and is not: of what this actor may set. */
const missingIn = ({ actor, definitions, type = '' }: Given, values: Values): Fault[] =>
  [...definitions.values()].flatMap((field) => {
    const isAsked = field.required && isInForm(field, type) && setsField(actor, field) && seesField(actor, field)
    const isThere = values[field.key] !== undefined && values[field.key] !== null
    return isAsked && !isThere ? [{ pointer: pointerTo(field.key), code: 'missing', detail: 'is required' }] : []
  })

/** A merge patch (RFC 7396): null takes a value away, what is not named stays. */
const merged = (before: Values, changes: Values): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null))

/** All values of one ticket together: every event of it keeps a copy. */
const BYTES_MAX = 32_768

const sizeFaults = (values: Values): Fault[] =>
  Buffer.byteLength(JSON.stringify(values)) > BYTES_MAX
    ? [{ pointer: '/fields', code: 'too_large', detail: `holds more than ${BYTES_MAX} bytes in all` }]
    : []

/** The people and organizations that values name, with the field of each. */
export const namedIn = (definitions: Definitions, values: Values): { key: string; id: string; type: Referring }[] =>
  Object.entries(values).flatMap(([key, id]) => {
    const type = definitions.get(key)?.type
    return isReferring(type) && typeof id === 'string' ? [{ key, id, type }] : []
  })

/** Types whose values are ids. */
export type Referring = 'person' | 'organization'
export const isReferring = (type: FieldType | undefined): type is Referring =>
  type === 'person' || type === 'organization'

/** A fault for each value that names nobody and nothing that its author knows. */
const nobodyFaults = (definitions: Definitions, values: Values, known: ReadonlySet<string>): Fault[] =>
  namedIn(definitions, values).flatMap(({ key, id, type }) =>
    known.has(id) ? [] : [{ pointer: pointerTo(key), code: 'not_found', detail: `is no ${type}` }],
  )

interface Answered {
  /** The people that the input names and its author knows. */
  known: ReadonlySet<string>
}

/** The fields of a new ticket: what is given, defaults for the rest; or invalid_input with every fault. */
export function openingFields(given: Given & Answered & { type: string }, input: Values): Record<string, unknown> {
  const { values, faults } = readValues(given, input)
  const fields = merged(defaultsOf(given.definitions, given.type), values)
  const unread = new Set(faults.map(({ pointer }) => pointer))
  const missing = missingIn(given, fields).filter(({ pointer }) => !unread.has(pointer))
  refuse([...faults, ...missing, ...nobodyFaults(given.definitions, values, given.known), ...sizeFaults(fields)])
  return fields
}

/** The fields of a ticket after a merge patch (RFC 7396), or invalid_input with every fault. */
export function changedFields(given: Given & Answered, before: Values, input: Values): Record<string, unknown> {
  const { values, faults } = readValues(given, input)
  const fields = merged(before, values)
  refuse([...faults, ...nobodyFaults(given.definitions, values, given.known), ...sizeFaults(fields)])
  return fields
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length) throw invalidInput(faults)
}

/** What differs between two states of a ticket's fields, as events tell it. */
export function fieldChanges(before: Values, after: Values): Changes {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const both = keys.map((key) => [key, { from: before[key] ?? null, to: after[key] ?? null }] as const)
  const differing = both.filter(([, { from, to }]) => JSON.stringify(from) !== JSON.stringify(to))
  return Object.fromEntries(differing.map(([key, change]) => [FIELDS + key, change]))
}
