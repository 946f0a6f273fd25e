import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import { mercurius } from 'mercurius'
import { type Static, Type } from 'typebox'
import { check } from '../kernel/check.ts'
import { isIdempotencyKey } from '../kernel/idempotency.ts'
import { Problem, type ProblemCode } from '../kernel/problems.ts'
import { activityResolvers } from './activities.ts'
import { bulkResolvers } from './bulk.ts'
import { calendarResolvers } from './calendars.ts'
import type { Context } from './context.ts'
import { contractResolvers } from './contracts.ts'
import { costOf } from './cost.ts'
import { problemIn, sentError } from './errors.ts'
import { fieldResolvers } from './fields.ts'
import { lifecycleResolvers } from './lifecycle.ts'
import { measure } from './limits.ts'
import { loginResolvers } from './login.ts'
import { mailResolvers } from './mail.ts'
import { nodeResolvers } from './node.ts'
import { notificationResolvers } from './notifications.ts'
import { organizationLoader, organizationResolvers } from './organizations.ts'
import { peopleLoaders, peopleResolvers } from './people.ts'
import { assertEveryFieldIsDecided } from './policy.ts'
import { readingResolvers, readStateLoader } from './reading.ts'
import { relationResolvers } from './relations.ts'
import { roleResolvers } from './roles.ts'
import { ruleResolvers } from './rules.ts'
import { scalars } from './scalars.ts'
import { simulationResolvers } from './simulations.ts'
import { slaLoader, slaResolvers } from './sla.ts'
import { statisticsResolvers } from './statistics.ts'
import { templateResolvers } from './templates.ts'
import { ticketLoaders, ticketResolvers } from './tickets.ts'
import { timeResolvers } from './time.ts'
import { matchLoader, viewResolvers } from './views.ts'
import { transitionsLoader, wordResolvers } from './words.ts'
import { workloadResolvers } from './workload.ts'

const BODY_BYTES_MAX = 102_400

const features = [
  ticketResolvers,
  peopleResolvers,
  loginResolvers,
  organizationResolvers,
  mailResolvers,
  notificationResolvers,
  ruleResolvers,
  simulationResolvers,
  statisticsResolvers,
  templateResolvers,
  relationResolvers,
  readingResolvers,
  bulkResolvers,
  activityResolvers,
  calendarResolvers,
  contractResolvers,
  slaResolvers,
  timeResolvers,
  workloadResolvers,
  lifecycleResolvers,
  viewResolvers,
  roleResolvers,
  fieldResolvers,
  wordResolvers,
]

const resolvers = {
  ...scalars,
  Node: nodeResolvers.Node,
  Query: Object.assign({}, nodeResolvers.Query, ...features.map(({ Query }) => Query)) as Record<string, unknown>,
  Mutation: Object.assign({}, ...features.map(({ Mutation }) => Mutation)) as Record<string, unknown>,
}

const loaders = {
  ...ticketLoaders,
  ...peopleLoaders,
  Ticket: {
    ...ticketLoaders.Ticket,
    match: matchLoader,
    organization: organizationLoader,
    transitions: transitionsLoader,
    readState: readStateLoader,
    sla: slaLoader,
  },
  Person: { organization: organizationLoader },
}

const Asked = Type.Object(
  {
    query: Type.String({ minLength: 1 }),
    variables: Type.Optional(Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'] })),
    operationName: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] })),
    extensions: Type.Optional(Type.Unsafe<object | null>({ type: ['object', 'null'] })),
  },
  { additionalProperties: false },
)

export interface GraphqlParts {
  sdl: string
  parse: Context['parse']
}

/** One address, POST and JSON only: commands and queries of the same desk, under the same problems as REST. */
export async function graphqlPlugin(app: FastifyInstance, { sdl, parse }: GraphqlParts): Promise<void> {
  await app.register(mercurius, {
    schema: sdl,
    // mercurius types resolvers by their own generics; the contract test holds them against the schema
    resolvers: resolvers as never,
    loaders: loaders as never,
    routes: false,
    graphiql: false,
    jit: 1,
    errorFormatter: (execution, { reply }) => ({
      statusCode: 200,
      response: {
        data: execution.data ?? null,
        errors: execution.errors?.map((error) => logged(reply.request, error)) as never,
      },
    }),
  })
  assertEveryFieldIsDecided(app.graphql.schema, resolvers as never, loaders as never)

  app.post(
    '/graphql',
    { config: { policy: 'graphql' }, bodyLimit: BODY_BYTES_MAX, schema: { hide: true } },
    async (request, reply) => {
      const answered = await answer(app, request, reply, parse)
      return reply
        .header('content-type', `${mediaType(request)}; charset=utf-8`)
        .serializer(JSON.stringify)
        .send(answered)
    },
  )
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: '/graphql',
    config: { open: 'nothing is done here' },
    schema: { hide: true },
    handler: async (_request, reply) => {
      reply.header('allow', 'POST')
      throw new Problem('method_not_allowed')
    },
  })
}

const mediaType = ({ headers: { accept = '' } }: FastifyRequest): string =>
  accept.includes('application/graphql-response+json') ? 'application/graphql-response+json' : 'application/json'

/** A document that cannot be run is 400; one that ran is 200, with the errors of its fields beside the data. */
async function answer(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, parse: Context['parse']) {
  const key = request.headers['idempotency-key']
  try {
    const asked = askedIn(request.body)
    const { document, mutationFields } = measure(asked.query)
    if (key !== undefined && !isIdempotencyKey(key))
      throw new Problem('invalid_parameter', { detail: 'Idempotency-Key: must be 1 to 255 printable ASCII characters' })
    if (key !== undefined && mutationFields !== 1)
      throw new Problem('invalid_parameter', { detail: 'Idempotency-Key: needs a document with one mutation field' })
    const variables = asked.variables ?? {}
    const operationName = asked.operationName ?? undefined
    const cost = costOf(app.graphql.schema, document, variables, operationName)
    const context: Context = {
      desk: request.desk,
      idempotencyKey: key,
      onReplay: () => reply.header('idempotency-replayed', 'true'),
      parse,
    }
    const result = await reply.graphql(asked.query, { ...context }, variables, operationName)
    reply.code(200)
    return { ...result, extensions: { ...result.extensions, cost } }
  } catch (error) {
    const errors = errorsIn(error)
    reply.code(statusOf(errors, mediaType(request)))
    return { errors: errors.map((each) => logged(request, each)) }
  }
}

function askedIn(body: unknown): Static<typeof Asked> {
  try {
    return check(Asked, body ?? {})
  } catch (error) {
    if (error instanceof Problem)
      throw new Problem('graphql_invalid', {
        detail: error.message,
        ...(error.extras.errors ? { errors: error.extras.errors } : {}),
      })
    throw error
  }
}

/** GraphQL over HTTP: a wrong document is 400, but 200 for clients that know only application/json (§6.4.1 of its draft). */
function statusOf(errors: unknown[], type: string): number {
  const isWrongDocument = errors.every((error) => error instanceof GraphQLError && !error.originalError)
  return isWrongDocument && type === 'application/json'
    ? 200
    : Math.max(...errors.map((each) => problemIn(each).status))
}

/** Validation comes as one error around a list. */
function errorsIn(error: unknown): unknown[] {
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length)
    return error.errors
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('MER_'))
    return [new Problem('graphql_invalid', { detail: error.message })]
  return [error]
}

const OURS: readonly ProblemCode[] = ['internal_error', 'unavailable']

function logged(request: FastifyRequest, error: unknown) {
  const problem = problemIn(error)
  if (OURS.includes(problem.code)) request.log.error({ err: error }, problem.code)
  return sentError(error, request.id)
}
