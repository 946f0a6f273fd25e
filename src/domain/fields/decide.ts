import type { Instant } from '../../kernel/clock.ts'
import type { Fault } from '../../kernel/problems.ts'
import type { AddField, ChangeField, CustomField, FieldOption, OptionInput } from './schema.ts'
import { readValue } from './values.ts'

/** A field as it is first, with what its author left open: for agents only, in the form of every type. */
export function newField(input: AddField, position: number, now: Instant): CustomField {
  const field: CustomField = {
    description: null,
    minimum: null,
    maximum: null,
    minLength: null,
    maxLength: null,
    visibility: 'agents',
    editing: 'agents',
    types: null,
    position,
    required: false,
    ...input,
    defaultValue: null,
    options: input.options ? optionsAfter([], input.options) : null,
    retired: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  return { ...field, defaultValue: keptDefault(field, input.defaultValue) }
}

/** What a change makes of a field: the members that it names, as they are kept. */
export function changedField(
  field: CustomField,
  { options, defaultValue, ...changes }: Omit<ChangeField, 'key' | 'expectedVersion'>,
): Partial<CustomField> {
  const wanted = { ...changes, ...(options ? { options: optionsAfter(field.options ?? [], options) } : {}) }
  if (defaultValue === undefined) return wanted
  return { ...wanted, defaultValue: keptDefault({ ...field, ...wanted }, defaultValue) }
}

/** In the form in which values are kept; what is none stays as it is, to be refused. */
function keptDefault(field: CustomField, value: unknown): unknown {
  if (value === null || value === undefined) return null
  const read = readValue(field, value)
  return 'value' in read ? read.value : value
}

/** The options that are given, in their order; those that were there and are not given are retired: values of theirs stay readable. */
function optionsAfter(before: readonly FieldOption[], given: readonly OptionInput[]): FieldOption[] {
  const left = before.filter(({ key }) => !given.some((option) => option.key === key))
  return [
    ...given.map(({ key, name, retired = false }) => ({ key, name, retired })),
    ...left.map((option) => ({ ...option, retired: true })),
  ]
}

const OPTIONS_MAX = 200
const TAKES: Record<string, readonly CustomField['type'][]> = {
  options: ['select', 'multiselect'],
  minimum: ['integer', 'decimal'],
  maximum: ['integer', 'decimal'],
  minLength: ['text'],
  maxLength: ['text'],
}

/** Everything that is wrong with a field, each at its place; `types` are the keys of the types that there are. */
export function fieldFaults(field: CustomField, types: ReadonlyMap<string, unknown>): Fault[] {
  return [
    ...keyFaults(field),
    ...misplaced(field),
    ...optionFaults(field),
    ...limitFaults(field),
    ...typeFaults(field, types),
    ...rightFaults(field),
    ...defaultFaults(field),
  ]
}

// every object has a member of this name: whether a ticket has it could not be told
const keyFaults = ({ key }: CustomField): Fault[] =>
  key in {} ? [{ pointer: '/key', code: 'not_allowed', detail: `${key} cannot be the key of a field` }] : []

const misplaced = (field: CustomField): Fault[] =>
  Object.entries(TAKES).flatMap(([member, types]) =>
    field[member as keyof CustomField] === null || types.includes(field.type)
      ? []
      : [
          {
            pointer: `/${member}`,
            code: 'not_allowed',
            detail: `goes with ${types.join(' and ')}, not with ${field.type}`,
          },
        ],
  )

function optionFaults({ type, options }: CustomField): Fault[] {
  if (!TAKES.options?.includes(type)) return []
  if (!options?.some(({ retired }) => !retired))
    return [{ pointer: '/options', code: 'missing', detail: 'needs an option that is not retired' }]
  if (options.length > OPTIONS_MAX)
    return [{ pointer: '/options', code: 'too_many', detail: `has more than ${OPTIONS_MAX}, retired ones included` }]
  return options.flatMap(({ key }, n) =>
    options.findIndex((other) => other.key === key) < n
      ? [{ pointer: `/options/${n}/key`, code: 'uniqueItems', detail: `${key} is there already` }]
      : [],
  )
}

function limitFaults({ type, minimum, maximum, minLength, maxLength }: CustomField): Fault[] {
  const fractions =
    type === 'integer' ? Object.entries({ minimum, maximum }).filter(([, n]) => n !== null && !Number.isInteger(n)) : []
  return [
    ...fractions.map(([member]) => ({ pointer: `/${member}`, code: 'type', detail: 'must be an integer' })),
    ...orderFaults('maximum', minimum, maximum),
    ...orderFaults('maxLength', minLength, maxLength),
    ...(maxLength === 0 ? [{ pointer: '/maxLength', code: 'minimum', detail: 'leaves no text' }] : []),
  ]
}

const orderFaults = (member: string, least: number | null, most: number | null): Fault[] =>
  least !== null && most !== null && least > most
    ? [{ pointer: `/${member}`, code: 'minimum', detail: `is less than ${least}, the least` }]
    : []

const typeFaults = ({ types }: CustomField, known: ReadonlyMap<string, unknown>): Fault[] =>
  (types ?? []).flatMap((type, n) =>
    known.has(type) ? [] : [{ pointer: `/types/${n}`, code: 'not_found', detail: `${type} is no type` }],
  )

const rightFaults = ({ visibility, editing }: CustomField): Fault[] =>
  editing === 'requesters' && visibility === 'agents'
    ? [{ pointer: '/editing', code: 'not_allowed', detail: 'nobody sets what they do not see' }]
    : []

function defaultFaults(field: CustomField): Fault[] {
  if (field.defaultValue === null) return []
  const read = readValue(field, field.defaultValue)
  return 'fault' in read ? [{ pointer: '/defaultValue', ...read.fault }] : []
}
