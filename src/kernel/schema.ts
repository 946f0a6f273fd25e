import { type Static, type TProperties, type TSchema, type TUnsafe, Type } from 'typebox'

/** RFC 3339 in UTC with milliseconds. */
export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds' })

/** Empty is null, never missing. A list of types prints faster and shorter than anyOf. */
export function Nullable<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  const { type, enum: values, ...rest } = schema as unknown as { type?: string; enum?: unknown[] } // reads JSON Schema keywords
  if (typeof type === 'string') return Type.Unsafe<Static<T> | null>({ ...rest, type: [type, 'null'] })
  if (values) return Type.Unsafe<Static<T> | null>({ ...rest, type: ['string', 'null'], enum: [...values, null] })
  return Type.Unsafe<Static<T> | null>({ anyOf: [schema, { type: 'null' }] })
}

/** An object that refuses members it does not name. */
export const Closed = <P extends TProperties>(properties: P, options: { $id?: string; description?: string } = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })

export const Id = (description?: string) =>
  Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$', ...(description ? { description } : {}) })

/** A vocabulary's stable key. */
export const Key = (description?: string) =>
  Type.String({ pattern: '^[a-z][a-z0-9_]{0,62}$', ...(description ? { description } : {}) })

export const EmailAddress = Type.String({ minLength: 3, maxLength: 320, description: 'An addr-spec (RFC 5321 §4.1.2)' })

/** A line that people read: no control characters. */
export const Line = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })

/** Names what somebody has read, so that a change does not overwrite another's: only fields changed since then conflict. */
export const ExpectedVersion = Type.Optional(
  Type.Integer({ minimum: 1, description: 'The version you read. In REST it is the If-Match header.' }),
)

export const NoInput = Closed({})
