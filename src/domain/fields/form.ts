import { type Actor, isStaff } from '../../kernel/actor.ts'
import { OpenTicket, openedByAgents } from '../tickets/schema.ts'
import type { TicketType } from '../types/schema.ts'
import type { Vocabulary } from '../types/store.ts'
import { workflowOf } from '../workflows/decide.ts'
import { seesField, setsField } from './policy.ts'
import { type CustomField, NUMBER_MAX, TEXT_LENGTH_MAX } from './schema.ts'
import { isInForm } from './values.ts'

type Schema = Record<string, unknown>

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
/** What requesters leave out: they ask for themselves. */
const FOR_SOMEBODY = ['requester', 'requesterId']
/** In no form while there is nothing to choose. */
const optional = ['category', 'project']

/** JSON Schema of the input of `openTicket` for one type and one actor: what it takes is taken, but for ids of people that do not exist. */
export function formOf(actor: Actor, words: Vocabulary, type: TicketType): Schema {
  const hidden: readonly string[] = isStaff(actor) ? [] : [...openedByAgents, ...FOR_SOMEBODY]
  const statuses = workflowOf(words, type.key).statuses.flatMap((key) => words.statuses.get(key) ?? [])
  const inputs = Object.entries(OpenTicket.properties).filter(
    ([name]) => !hidden.includes(name) && !optional.includes(name),
  )
  const fields = [...words.fields.values()].filter(
    (field) => isInForm(field, type.key) && seesField(actor, field) && setsField(actor, field),
  )
  const required = fields.filter((field) => field.required && field.defaultValue === null).map(({ key }) => key)
  const properties: Schema = {
    ...plain(Object.fromEntries(inputs)),
    type: { const: type.key, default: type.key },
    ...(isStaff(actor) ? { status: oneOf(statuses, type.defaultStatus) } : {}),
    priority: oneOf(words.priorities.values(), type.defaultPriority),
    ...choice('category', words.categories),
    ...(isStaff(actor) ? choice('project', words.projects) : {}),
    fields: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.key, schemaOf(field)])),
      ...(required.length ? { required } : {}),
      additionalProperties: false,
    },
  }
  return {
    $schema: DIALECT,
    title: type.name,
    type: 'object',
    properties,
    required: ['subject', 'body', 'type', ...(required.length ? ['fields'] : [])],
    additionalProperties: false,
  }
}

// TypeBox keeps notes of its own beside the keywords
const plain = (schema: object): Schema => JSON.parse(JSON.stringify(schema)) as Schema

type Words = Iterable<{ key: string; name: string }>

const titled = (words: Words) => [...words].map(({ key, name }) => ({ const: key, title: name }))
const oneOf = (words: Words, chosen: string): Schema => ({ oneOf: titled(words), default: chosen })
const choice = (name: string, words: Vocabulary['categories']): Schema =>
  words.size ? { [name]: { oneOf: titled(words.values()) } } : {}

/** The values of one field. `x-type` tells apart what JSON Schema calls the same. */
function schemaOf(field: CustomField): Schema {
  const { name, description, defaultValue, type } = field
  return {
    title: name,
    ...(description === null ? {} : { description }),
    ...valuesOf(field),
    ...(defaultValue === null ? {} : { default: defaultValue }),
    'x-type': type,
  }
}

function valuesOf({ type, minimum, maximum, minLength, maxLength, options }: CustomField): Schema {
  const choice = (options ?? []).filter(({ retired }) => !retired).map(({ key, name }) => ({ const: key, title: name }))
  switch (type) {
    case 'text':
      return { type: 'string', minLength: Math.max(minLength ?? 1, 1), maxLength: maxLength ?? TEXT_LENGTH_MAX }
    case 'integer':
    case 'decimal':
      return {
        type: type === 'integer' ? 'integer' : 'number',
        minimum: minimum ?? -NUMBER_MAX,
        maximum: maximum ?? NUMBER_MAX,
      }
    case 'boolean':
      return { type: 'boolean' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'datetime':
      return { type: 'string', format: 'date-time' }
    case 'select':
      return { oneOf: choice }
    case 'multiselect':
      return { type: 'array', items: { oneOf: choice }, uniqueItems: true, minItems: 1 }
    case 'url':
      return { type: 'string', format: 'uri', pattern: '^[hH][tT][tT][pP][sS]?://', maxLength: TEXT_LENGTH_MAX }
    case 'person':
      return { type: 'string', pattern: '^per_[0-9a-z]{26}$' }
    case 'organization':
      return { type: 'string', pattern: '^org_[0-9a-z]{26}$' }
  }
}
