import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { faultsOf } from '../kernel/check.ts'
import { nearest } from '../kernel/nearest.ts'
import { problemOfFaults } from './problems.ts'

/** Bodies are taken as they are; numbers and booleans of path, query and headers are read from their text. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'body') {
    return (body: unknown) =>
      answer('body', schema, body ?? ('properties' in schema && !requiresMembers(schema) ? {} : body))
  }
  return (values: unknown) => answer(httpPart, schema, readTexts(schema, values as Record<string, unknown>)) // Fastify gives objects
}

/** `limit=25` is a number, `includeTotal=true` a boolean; anything else stays the text it is. */
function readTexts(schema: TSchema, values: Record<string, unknown>): Record<string, unknown> {
  const members: Record<string, TSchema> = 'properties' in schema ? (schema.properties as Record<string, TSchema>) : {}
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, readText(members[name], value)]))
}

function readText(member: TSchema | undefined, value: unknown): unknown {
  if (typeof value !== 'string' || !member || !('type' in member)) return value
  if (member.type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (member.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

const requiresMembers = (schema: TSchema): boolean =>
  'required' in schema && Array.isArray(schema.required) && schema.required.length > 0

function answer(part: string | undefined, schema: TSchema, value: unknown) {
  const faults = faultsOf(schema, value)
  if (!faults.length) return { value }
  const known = 'properties' in schema ? Object.keys(schema.properties as object) : []
  const unknown = faults.find(({ code }) => code === 'unknown')
  return { error: problemOfFaults(part, faults, unknown && nearest(unknown.pointer.slice(1), known)) }
}
