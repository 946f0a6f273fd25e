import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Config } from './config.ts'
import type { Db } from './db/client.ts'
import { pendingMigrations } from './db/migrate.ts'
import { createAuthenticator } from './domain/access/authenticate.ts'
import { recordApiKeyUse } from './domain/access/record-api-key-use.ts'
import { drawFromContracts } from './domain/contracts/react.ts'
import { notifyAgents } from './domain/notifications/react.ts'
import { mailPublicReply } from './domain/outbound/react.ts'
import { runDueRule, runRules } from './domain/rules/react.ts'
import { followSla } from './domain/sla/react.ts'
import { graphqlPlugin } from './graphql/plugin.ts'
import { type JobQueue, openQueue } from './jobs/worker.ts'
import { SYSTEM } from './kernel/actor.ts'
import type { Clock } from './kernel/clock.ts'
import type { Reaction, TokenClaims } from './kernel/context.ts'
import { createDesk, type Desk } from './kernel/desk.ts'
import { newId } from './kernel/ids.ts'
import type { Queue } from './kernel/jobs.ts'
import { networks } from './kernel/networks.ts'
import { Problem } from './kernel/problems.ts'
import { createRelay, type Relay } from './kernel/relay.ts'
import { loadSecrets, type Secrets } from './kernel/secrets.ts'
import { createParser, type Parser } from './mail/in/parser.ts'
import { readOnce } from './mail/in/read-mail.ts'
import { openSpoolFolder, type SpoolFolder } from './mail/in/spool-folder.ts'
import { restPlugin } from './rest/plugin.ts'
import { answerBrokenRequest, answerError } from './rest/problems.ts'
import { lazySerializers } from './rest/serialization.ts'

/** What follows from events, in this order, in the transaction of the command that told them. */
const reactions: readonly Reaction[] = [
  // first: what it refuses has no consequences
  drawFromContracts,
  mailPublicReply,
  notifyAgents,
  followSla,
  runRules,
  runDueRule,
]

const queues: readonly Queue[] = [
  'mail.parse',
  'mail.send',
  'rule.simulate',
  'ticket.bulk',
  'person.erase',
  'words.follow',
  'sla.follow',
]

export interface AppParts {
  config: Config
  db: Db
  clock: Clock
  log: Logger
  metrics: Registry
  version: string
}

/** The house put together: one database, one desk, and the adapters in front of it. Nothing listens yet. */
export interface App {
  desk: Desk
  http: FastifyInstance
  relay: Relay
  queue: JobQueue
  parser: Parser
  /** Where large mail lies while it is received and read. */
  spool: SpoolFolder
  secrets: Secrets
  /** Further parts that /readyz asks, by name; they come with the roles of the process. */
  readiness: Map<string, () => 'ok' | string>
  close(): Promise<void>
}

export async function createApp(parts: AppParts): Promise<App> {
  const { config, db, clock, log } = parts
  const secrets = await loadSecrets(db, config.jwtSecret)
  const onError = (error: unknown) => log.error({ err: error }, 'work after the commit failed')
  const queue = await openQueue({
    database: config.databaseUrl ? { url: config.databaseUrl } : { pglite: db.native as never },
    queues,
    onError,
  }) // without an address it is PGlite
  const relay = createRelay({ db, deliver: queue.deliver, delivered: queue.wake, onError })
  const parser = createParser()
  const spool = await openSpoolFolder(config.dataDir)
  // inspections have a thread of their own, and a short queue: received mail does not wait for them
  const inspector = createParser()
  let inspections = 0
  const readiness: App['readiness'] = new Map([['queue', () => (queue.isUp() ? 'ok' : 'down')]])

  const http: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger, // pino's own type has more levels
    // a line for each request costs more than a read; errors are logged where they are answered
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestId(request.headers['x-request-id']),
    frameworkErrors: answerError,
    clientErrorHandler: answerBrokenRequest,
    bodyLimit: 1_048_576,
    // whose X-Forwarded-For says who asks
    trustProxy: config.httpTrustedProxies.length ? [...config.httpTrustedProxies] : false,
    routerOptions: { maxParamLength: 200 },
    requestTimeout: 30_000,
    keepAliveTimeout: 10_000,
    maxRequestsPerSocket: 0,
    http: { maxHeaderSize: 16_384, headersTimeout: 10_000 },
    forceCloseConnections: 'idle',
    schemaController: { compilersFactory: { buildSerializer: lazySerializers } },
  })
  const desk = createDesk({
    db,
    clock,
    secrets,
    reactions,
    settings: {
      publicUrl: config.publicUrl,
      portalUrl: config.portalUrl,
      mailDomain: config.mailDomain,
      replyDomain: config.replyDomain,
      mailIsRouted: config.smtpRelayUrl !== undefined,
      authservIds: config.smtpAuthservIds,
      isTrustedRelay: networks(config.smtpTrustedRelays),
    },
    signToken: (claims: TokenClaims) => http.jwt.sign({ ...claims }),
    wakeRelay: () => relay.wake(),
    onError,
  })
  const system = desk.as(SYSTEM, { channel: 'api' })
  const noteUse = (apiKeyId: string) => void system.execute(recordApiKeyUse, { apiKeyId }).catch(onError)
  const authenticator = createAuthenticator({ db, clock, noteUse })
  const parse = async (raw: Buffer, mailFrom: string | undefined) => {
    if (inspections >= INSPECTIONS_MAX) throw new Problem('unavailable', { retryAfterSeconds: 1 })
    inspections++
    return readOnce({ parser: inspector, spool }, raw, mailFrom).finally(() => inspections--)
  }
  const sdl = readFileSync(join(import.meta.dirname, '../schema.graphql'), 'utf8')

  if (!config.roles.includes('api')) answerHealthOnly(http)
  await restPlugin(http, {
    desk,
    authenticator,
    secrets,
    sdl,
    parse,
    mailBytesMax: config.mailBytesMax,
    attachmentBytesMax: config.attachmentBytesMax,
    metrics: parts.metrics,
    version: parts.version,
    readiness: () => readinessOf(db, readiness),
  })
  await http.register(async (scope) => graphqlPlugin(scope, { sdl, parse }))
  await http.ready()

  const close = async () => {
    await http.close()
    await queue.stop()
    await relay.stop()
    await parser.close()
    await inspector.close()
    await spool.close()
  }
  return { desk, http, relay, queue, parser, spool, secrets, readiness, close }
}

/** Mails that wait to be inspected or are. */
const INSPECTIONS_MAX = 16

/** A process without the role api has nothing to say but how it is. */
function answerHealthOnly(http: FastifyInstance): void {
  http.addHook('onRequest', async ({ routeOptions: { config } }) => {
    if (config.policy !== undefined && config.policy !== 'metrics') throw new Problem('not_found')
  })
}

const REQUEST_ID = /^[\w.:-]{1,128}$/

/** The caller's own id, so that their trace goes on here, or a new one. */
const requestId = (header: string | string[] | undefined): string =>
  typeof header === 'string' && REQUEST_ID.test(header) ? header : newId('req')

async function readinessOf(db: Db, parts: App['readiness']): Promise<Record<string, 'ok' | string>> {
  const checks: Record<string, string> = {}
  try {
    const pending = await pendingMigrations(db)
    checks.database = 'ok'
    checks.migrations = pending > 0 ? `${pending} to do` : 'ok'
  } catch {
    checks.database = 'down'
  }
  for (const [name, state] of parts) checks[name] = state()
  return checks
}
