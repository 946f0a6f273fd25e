import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { Type } from 'typebox'
import { newId } from '../kernel/ids.ts'
import { type Fault, Problem, type ProblemCode, problemOf, problems, renderProblem } from '../kernel/problems.ts'
import { Closed } from '../kernel/schema.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** See setProblemsAside. */
    problemResponses?: Record<string, unknown>
  }
}

const FaultSchema = Closed({
  pointer: Type.String({ description: 'RFC 6901' }),
  code: Type.String(),
  detail: Type.String(),
  didYouMean: Type.Optional(Type.String()),
  position: Type.Optional(Type.Integer({ description: 'In a text: where it begins, counted from 0' })),
})

/** How it is refused who may not. */
export const ofCallers: readonly ProblemCode[] = ['unauthenticated', 'missing_scope', 'forbidden']

/** How a body is refused. */
export const ofBodies: readonly ProblemCode[] = [
  'invalid_parameter',
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
  'invalid_input',
]

/** How an act on a ticket is refused that is hidden, deleted or merged. */
export const ofLivingTickets: readonly ProblemCode[] = ['ticket_not_found', 'ticket_deleted', 'ticket_merged']

/** RFC 9457. Some problems have more members, e.g. currentVersion. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(FaultSchema)),
  },
  { $id: 'Problem', additionalProperties: true },
)

/** The problems that a route may answer, by status, for its documentation. */
export function problemResponses(codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(new Set(codes), (code) => problems[code].status)
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, those]) => [
        status,
        { description: those.join(', '), content: { 'application/problem+json': { schema: Type.Ref('Problem') } } },
      ]),
  )
}

/**
 * Takes the problems out of a route's responses, for the contract to find them again: they are sent as plain JSON, and a compiled
 * serializer for each of them on each route would be a third of the time that the service takes to start.
 */
export function setProblemsAside(route: RouteOptions): void {
  const responses: unknown = route.schema?.response
  if (!route.schema || typeof responses !== 'object' || responses === null) return
  const isProblem = ([status]: [string, unknown]) => Number(status) >= 400
  route.config = { ...route.config, problemResponses: Object.fromEntries(Object.entries(responses).filter(isProblem)) }
  route.schema = {
    ...route.schema,
    response: Object.fromEntries(Object.entries(responses).filter((entry) => !isProblem(entry))),
  }
}

/** Fastify's own faults, in our words. */
const FRAMEWORK: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_json',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_REQ_FILE_TOO_LARGE: 'payload_too_large',
  FST_PARTS_LIMIT: 'payload_too_large',
  FST_FILES_LIMIT: 'payload_too_large',
  FST_FIELDS_LIMIT: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'unsupported_media_type',
  FST_ERR_BAD_URL: 'invalid_parameter',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
}

/** A validator's answer as a problem: 400 for path, query and headers, 422 for bodies. */
export function problemOfFaults(part: string | undefined, faults: Fault[], didYouMean?: string): Problem {
  const detail = faults.map((fault) => `${fault.pointer || '/'}: ${fault.detail}`).join('; ')
  return new Problem(part === 'body' ? 'invalid_input' : 'invalid_parameter', {
    detail,
    errors: faults,
    ...(didYouMean ? { didYouMean } : {}),
  })
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { retryAfterSeconds } = problem.extras
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(renderProblem(problem, request.id))
}

/** The last word on every error: a problem as it is, anything unforeseen as 500, logged with its cause and told by its id only. */
export function answerError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = frameworkProblem(error) ?? problemOf(error)
  if (problem.status >= 500) request.log.error({ err: error }, problem.code)
  return sendProblem(request, reply, problem)
}

function frameworkProblem(error: FastifyError | Problem): Problem | undefined {
  if (error instanceof Problem) return error
  const code = FRAMEWORK[error.code]
  if (code) return new Problem(code)
  // secure-json-parse names no code: a body with __proto__ or constructor
  if (error instanceof SyntaxError) return new Problem('malformed_json')
  if (error.statusCode === 400) return new Problem('malformed_json', { detail: 'The request could not be read.' })
}

/** What a query finds wrong in an input that came from an address is a wrong parameter, not a wrong body. */
export async function asParameters<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_input') throw new Problem('invalid_parameter', error.extras)
    throw error
  }
}

const BROKEN: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** What never became a request: answered on the bare socket, which is closed after it. */
export function answerBrokenRequest(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const problem = new Problem(BROKEN[error.code ?? ''] ?? 'malformed_request')
  const body = JSON.stringify(renderProblem(problem, newId('req')))
  const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json; charset=utf-8`
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}
