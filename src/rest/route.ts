import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import type { Command, Query } from '../kernel/desk.ts'
import { isIdempotencyKey } from '../kernel/idempotency.ts'
import { wrongParameter } from '../kernel/page.ts'
import type { ProblemCode } from '../kernel/problems.ts'
import { asParameters, ofBodies, ofCallers, problemResponses } from './problems.ts'

/** What the routes of a feature share in documents. */
export interface Documented {
  tag: string
  summary: string
  problems?: readonly ProblemCode[]
}

interface CommandRoute<I extends TSchema, S, R> extends Documented {
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  url: string
  command: Command<I, S, R>
  /** 201 with Location for what is new, 202 for what is under way; 204 for what is gone; else 200. */
  status: 200 | 201 | 202 | 204
  response: TSchema
  location?(result: R): string
  /** Why it asks for no credential; its command proves in its own way who asks. */
  open?: string
}

const ON_WRITES: readonly ProblemCode[] = [
  ...ofCallers,
  ...ofBodies,
  'idempotency_key_reused',
  'idempotency_in_progress',
]

type Members = Record<string, TSchema>
const membersOf = (schema: TSchema): Members => ('properties' in schema ? (schema.properties as Members) : {})
const namesIn = (url: string): string[] => [...url.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')
const pick = (members: Members, names: readonly string[]) =>
  Type.Object(Object.fromEntries(names.map((name) => [name, members[name] ?? Type.String()])), {
    additionalProperties: false,
  })

/** A command as a route: path and body together are its input, `If-Match` its expectedVersion. Nothing is decided here. */
export function commandRoute<I extends TSchema, S, R>(app: FastifyInstance, route: CommandRoute<I, S, R>): void {
  const { method, url, command, status, response } = route
  const members = membersOf(command.input)
  const params = namesIn(url)
  const versioned = 'expectedVersion' in members
  const bodyNames = Object.keys(members).filter((name) => !params.includes(name) && name !== 'expectedVersion')
  const required = 'required' in command.input && Array.isArray(command.input.required) ? command.input.required : []
  const body = Type.Object(
    Object.fromEntries(
      bodyNames.map((name) => [
        name,
        required.includes(name) ? (members[name] ?? Type.Unknown()) : Type.Optional(members[name] ?? Type.Unknown()),
      ]),
    ),
    { additionalProperties: false },
  )

  app.route({
    method,
    url,
    config: { policy: command.name, ...(route.open === undefined ? {} : { open: route.open }) },
    schema: {
      ...(route.open === undefined ? {} : { security: [] }),
      operationId: command.name,
      tags: [route.tag],
      summary: route.summary,
      headers: headersSchema(versioned),
      // without a body what is said beside the path is in the query
      querystring: method === 'DELETE' ? body : NO_PARAMETERS,
      ...(params.length ? { params: pick(members, params) } : {}),
      ...(method === 'DELETE' ? {} : { body }),
      response: {
        [status]:
          status === 204
            ? Type.Null({ description: 'Gone' })
            : { description: 'Done', content: { 'application/json': { schema: response } } },
        ...problemResponses([
          ...ON_WRITES,
          ...(versioned ? ['version_conflict' as const] : []),
          ...(route.problems ?? []),
        ]),
      },
    },
    handler: async (request, reply) => {
      const expectedVersion = versioned ? ifMatch(request) : undefined
      // checked as a whole by the desk; the parts were checked by Fastify
      const input = {
        ...(method === 'DELETE' ? (request.query as object) : (request.body as object)),
        ...(request.params as object),
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
      } as Static<I>
      const executing = executed(request, reply, command, input)
      const result = await (method === 'DELETE' ? asParameters(executing) : executing)
      if (status === 204) return reply.code(204).send()
      if (route.location) reply.header('location', route.location(result))
      return withETag(reply.code(status), result).send(result)
    },
  })
}

/** Runs a command, once where the caller gave a key. */
export async function executed<I extends TSchema, S, R>(
  request: FastifyRequest,
  reply: FastifyReply,
  command: Command<I, S, R>,
  input: Static<I>,
): Promise<R> {
  const key = request.headers['idempotency-key']
  if (key === undefined) return request.desk.execute(command, input)
  if (!isIdempotencyKey(key)) throw wrongParameter('Idempotency-Key', 'must be 1 to 255 printable ASCII characters')
  const { result, replayed } = await request.desk.executeOnce(command, input, key)
  if (replayed) reply.header('idempotency-replayed', 'true')
  return result
}

/** The version is the tag (RFC 9110 §8.8.3): strong, and what If-Match takes. */
export function withETag(reply: FastifyReply, result: unknown): FastifyReply {
  if (typeof result === 'object' && result !== null && 'version' in result)
    reply.header('etag', `"${String(result.version)}"`)
  return reply
}

function ifMatch(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']
  if (header === undefined || header === '*') return
  const [, version] = /^"([1-9]\d{0,8})"$/.exec(header) ?? []
  if (version === undefined) throw wrongParameter('If-Match', 'must be an ETag of ours, like "7"')
  return Number(version)
}

const NO_PARAMETERS = Type.Object({}, { additionalProperties: false })

const headersSchema = (versioned: boolean) =>
  Type.Object({
    'idempotency-key': Type.Optional(Type.String({ description: 'A repeat within 24 hours answers the first result' })),
    ...(versioned
      ? {
          'if-match': Type.Optional(
            Type.String({ description: 'The ETag you read; 412 where these fields changed since' }),
          ),
        }
      : {}),
  })

interface QueryRoute<I extends TSchema, R> extends Documented {
  url: string
  query: Query<I, R>
  response: TSchema
  /** Query parameters beside those in the path. */
  parameters?: TSchema
}

/** A query as a route: path and query string together are its input. */
export function queryRoute<I extends TSchema, R>(
  app: FastifyInstance,
  { url, query, response, tag, summary, parameters, problems = [] }: QueryRoute<I, R>,
): void {
  const params = namesIn(url)
  app.get(
    url,
    {
      config: { policy: query.name },
      schema: {
        operationId: query.name,
        tags: [tag],
        summary,
        ...(params.length ? { params: pick(membersOf(query.input), params) } : {}),
        querystring: parameters ?? NO_PARAMETERS,
        response: {
          200: { description: 'Found', content: { 'application/json': { schema: response } } },
          ...problemResponses([...ofCallers, 'invalid_parameter', ...problems]),
        },
      },
    },
    async (request, reply) => {
      const input = {
        ...(request.query as object),
        ...(request.params as object),
      } as Static<I> // checked by the desk
      const result = await asParameters(request.desk.read(query, input))
      return withETag(reply, result).send(result)
    },
  )
}

/** A whole list that is never long, in the form of all lists. */
export function wholeListRoute<I extends TSchema, R>(
  app: FastifyInstance,
  route: Omit<QueryRoute<I, R[]>, 'parameters'>,
): void {
  const { query, url, tag, summary, problems = [] } = route
  const params = namesIn(url)
  app.get(
    url,
    {
      config: { policy: query.name },
      schema: {
        operationId: query.name,
        tags: [tag],
        summary,
        ...(params.length ? { params: pick(membersOf(query.input), params) } : {}),
        querystring: NO_PARAMETERS,
        response: {
          200: { description: 'Found', content: { 'application/json': { schema: pageOf(route.response) } } },
          ...problemResponses([...ofCallers, 'invalid_parameter', ...problems]),
        },
      },
    },
    async (request) => ({
      data: await request.desk.read(query, { ...(request.params as object) } as Static<I>),
      nextCursor: null,
      prevCursor: null,
    }),
  )
}

/** `{ data, nextCursor, prevCursor }`, with `total` where it was asked for. */
export const pageOf = (item: TSchema) =>
  Type.Object({
    data: Type.Array(item),
    nextCursor: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    prevCursor: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    total: Type.Optional(Type.Integer()),
    totalIsCapped: Type.Optional(Type.Boolean()),
  })
