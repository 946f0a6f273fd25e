import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

export const fieldTypes = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'datetime',
  'select',
  'multiselect',
  'url',
  'person',
  'organization',
] as const
const FieldType = Type.Enum([...fieldTypes])
export type FieldType = Static<typeof FieldType>

const Audience = Type.Enum(['agents', 'requesters'])

const OPTIONS_MAX = 200
const TYPES_MAX = 50
/** Texts are kept with every event of their ticket. */
export const TEXT_LENGTH_MAX = 2_000
export const NUMBER_MAX = Number.MAX_SAFE_INTEGER

const FieldOption = Closed(
  { key: Key(), name: Type.String(), retired: Type.Boolean({ description: 'Still read, but not chosen any more' }) },
  { $id: 'FieldOption' },
)
export type FieldOption = Static<typeof FieldOption>
const OptionInput = Closed({ key: Key(), name: Line(200), retired: Type.Optional(Type.Boolean()) })
export type OptionInput = Static<typeof OptionInput>

const bound = Type.Number({ minimum: -NUMBER_MAX, maximum: NUMBER_MAX })
const length = Type.Integer({ minimum: 0, maximum: TEXT_LENGTH_MAX })
const DefaultValue = Type.Unsafe<unknown>({
  type: ['string', 'number', 'boolean', 'array', 'null'],
  description: 'What new tickets have where nothing is said; mail too',
})
const content = {
  name: Line(200),
  description: Nullable(Line(1_000)),
  minimum: Nullable(bound),
  maximum: Nullable(bound),
  minLength: Nullable(length),
  maxLength: Nullable(length),
  types: Nullable(Type.Array(Key(), { minItems: 1, maxItems: TYPES_MAX, uniqueItems: true })),
  position: Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Its place in forms' }),
  required: Type.Boolean({ description: 'Who opens a ticket by an API and may set it, must' }),
  defaultValue: DefaultValue,
}
const visibility = Type.Enum(['agents', 'requesters'], { description: 'Who reads it: agents only, or requesters too' })
const editing = Type.Enum(['agents', 'requesters'], { description: 'Who sets it: agents only, or requesters too' })
const Options = Type.Array(OptionInput, {
  minItems: 1,
  maxItems: OPTIONS_MAX,
  description: 'In their order. One that is left out later is retired, not gone',
})

export const CustomField = Closed(
  {
    key: Key(),
    type: FieldType,
    ...content,
    name: Type.String(),
    description: Nullable(Type.String()),
    options: Nullable(Type.Array(FieldOption)),
    visibility: Audience,
    editing: Audience,
    retired: Type.Boolean({ description: 'Still read, but not set any more' }),
    version: Type.Integer(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { $id: 'CustomField', description: 'What tickets of this desk have beside the fields of every desk' },
)
export type CustomField = Static<typeof CustomField>

/** The custom fields of a desk by key, in the order of forms. */
export type Definitions = ReadonlyMap<string, CustomField>
/** The custom fields of a ticket. What is empty is not there. */
export type Values = Readonly<Record<string, unknown>>

const optional = {
  description: Type.Optional(content.description),
  options: Type.Optional(Options),
  minimum: Type.Optional(content.minimum),
  maximum: Type.Optional(content.maximum),
  minLength: Type.Optional(content.minLength),
  maxLength: Type.Optional(content.maxLength),
  visibility: Type.Optional(visibility),
  editing: Type.Optional(editing),
  types: Type.Optional(content.types),
  position: Type.Optional(content.position),
  required: Type.Optional(content.required),
  defaultValue: Type.Optional(content.defaultValue),
}
export const AddField = Closed({
  key: Key('lower_snake, never changed, and never used again'),
  name: content.name,
  type: FieldType,
  ...optional,
})
export type AddField = Static<typeof AddField>

export const ChangeField = Closed({
  key: Key(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(content.name),
  ...optional,
  retired: Type.Optional(Type.Boolean()),
})
export type ChangeField = Static<typeof ChangeField>

export const FieldAct = Closed({ key: Key() })

const FIELDS_A_TICKET_MAX = 200
/** Values by the key of their field, in an input; what each may be is looked at by `readValues`. */
export const FieldValues = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  maxProperties: FIELDS_A_TICKET_MAX,
  description: 'Custom fields by key, see GET /v1/types/{key}/schema; null empties one, what is not named stays',
})

/** A JSON Schema (2020-12). */
export const TypeSchema = Type.Unsafe<Record<string, unknown>>({
  $id: 'TypeSchema',
  type: 'object',
  additionalProperties: true,
  description: 'JSON Schema (2020-12) of what this caller may give when they open a ticket of this type',
})

export const fieldSchemas = { FieldOption, CustomField }

declare module '../../kernel/events.ts' {
  interface EventData {
    'field.added': { key: string }
    'field.changed': { key: string }
    'field.removed': { key: string }
  }
}
