import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { faultsOf } from '../kernel/check.ts'
import { nearest } from '../kernel/nearest.ts'
import { problemOfFaults } from './problems.ts'

/** Bodies are taken as they are; numbers and booleans of path, query and headers are read from their text. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'body') {
    return (body: unknown) =>
      answer('body', schema, body ?? ('properties' in schema && !requiresMembers(schema) ? {} : body))
  }
  return (values: unknown) => answer(httpPart, schema, Value.Convert(schema, { ...(values as object) })) // Fastify gives objects
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
