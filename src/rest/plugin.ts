import jwt from '@fastify/jwt'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../kernel/problems.ts'
import type { Secrets } from '../kernel/secrets.ts'
import { accessRoutes } from './access.ts'
import { activityRoutes } from './activities.ts'
import { type AttachmentParts, attachmentRoutes } from './attachments.ts'
import { acceptBodies } from './bodies.ts'
import { bulkRoutes } from './bulk.ts'
import { calendarRoutes } from './calendars.ts'
import { contractRoutes } from './contracts.ts'
import { conversationRoutes } from './conversations.ts'
import { docsRoutes, openapi } from './docs.ts'
import { erasureRoutes } from './erasure.ts'
import { eventRoutes } from './events.ts'
import { followerRoutes } from './followers.ts'
import { type HealthParts, healthRoutes } from './health.ts'
import { lifecycleRoutes } from './lifecycle.ts'
import { loginRoutes } from './login.ts'
import { macroRoutes } from './macros.ts'
import { type MailParts, mailRoutes } from './mail.ts'
import { mailboxRoutes } from './mailboxes.ts'
import { notificationRoutes } from './notifications.ts'
import { organizationRoutes } from './organizations.ts'
import { outboundRoutes } from './outbound.ts'
import { peopleRoutes } from './people.ts'
import { answerError, ProblemSchema, sendProblem, setProblemsAside } from './problems.ts'
import { readingRoutes } from './reading.ts'
import { relationRoutes } from './relations.ts'
import { roleRoutes } from './roles.ts'
import { ruleRoutes } from './rules.ts'
import { searchRoutes } from './search.ts'
import { guardRoutes, type SessionParts } from './session.ts'
import { simulationRoutes } from './simulations.ts'
import { slaRoutes } from './sla.ts'
import { statisticsRoutes } from './statistics.ts'
import { templateRoutes } from './templates.ts'
import { ticketRoutes } from './tickets.ts'
import { timeRoutes } from './time.ts'
import { timesheetRoutes } from './timesheets.ts'
import { validatorCompiler } from './validation.ts'
import { viewRoutes } from './views.ts'
import { vocabularyRoutes } from './vocabularies.ts'
import { workloadRoutes } from './workload.ts'

export type RestParts = SessionParts & AttachmentParts & MailParts & HealthParts & { secrets: Secrets; sdl: string }

const ISSUER = 'kontor'
const LEEWAY_SECONDS = 30

const URL_LENGTH_MAX = 8_192

/** Headers on every answer: nothing of ours is a page, nothing private is kept, and no type is guessed. */
const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** Everything that speaks HTTP but GraphQL: sessions, bodies, problems, routes, documents, health. */
export async function restPlugin(app: FastifyInstance, parts: RestParts): Promise<void> {
  // on each route: a scope that adds schemas would go back to Fastify's own validator
  app.addHook('onRoute', (route) => {
    route.validatorCompiler ??= validatorCompiler
    setProblemsAside(route)
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, new Problem('not_found')))
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SAFE_HEADERS).header('x-request-id', request.id)
    if (request.url.length > URL_LENGTH_MAX) throw new Problem('uri_too_long')
  })
  await app.register(jwt, {
    secret: Buffer.from(parts.secrets.jwt),
    sign: { algorithm: 'HS256', iss: ISSUER, aud: ISSUER },
    // one algorithm, no cache, and every claim that we set must be there (fast-jwt's advisories)
    verify: {
      algorithms: ['HS256'],
      allowedIss: ISSUER,
      allowedAud: ISSUER,
      requiredClaims: ['iss', 'aud', 'sub', 'jti', 'sid', 'exp', 'iat'],
      clockTolerance: LEEWAY_SECONDS * 1_000,
      cache: false,
    },
  })
  guardRoutes(app, parts)
  acceptBodies(app)
  await app.register(swagger, openapi)
  app.addSchema(ProblemSchema)
  await app.register(async (api) => v1(api, parts), { prefix: '/v1' })
  healthRoutes(app, parts)
  await docsRoutes(app, parts.sdl)
}

async function v1(api: FastifyInstance, parts: RestParts): Promise<void> {
  peopleRoutes(api)
  organizationRoutes(api)
  ticketRoutes(api)
  conversationRoutes(api)
  followerRoutes(api)
  relationRoutes(api)
  readingRoutes(api)
  bulkRoutes(api)
  activityRoutes(api)
  calendarRoutes(api)
  slaRoutes(api)
  timeRoutes(api)
  timesheetRoutes(api)
  contractRoutes(api)
  statisticsRoutes(api)
  workloadRoutes(api)
  lifecycleRoutes(api)
  viewRoutes(api)
  roleRoutes(api)
  searchRoutes(api)
  vocabularyRoutes(api)
  accessRoutes(api)
  loginRoutes(api)
  erasureRoutes(api)
  eventRoutes(api)
  mailboxRoutes(api)
  mailRoutes(api, parts)
  outboundRoutes(api)
  notificationRoutes(api)
  ruleRoutes(api)
  simulationRoutes(api)
  templateRoutes(api)
  macroRoutes(api)
  await attachmentRoutes(api, parts)
}
