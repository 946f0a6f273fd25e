import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { Authenticator } from '../domain/access/authenticate.ts'
import { isStaff, type PersonActor, SYSTEM } from '../kernel/actor.ts'
import type { Desk, Session } from '../kernel/desk.ts'
import { Problem } from '../kernel/problems.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller's session; reading it on a route that asks for no credential is a mistake of ours. */
    desk: Session
  }
  interface FastifyContextConfig {
    /** The command or query that decides; without one the start stops. */
    policy?: string
    /** Why a route asks for no credential. */
    open?: string
    /** Media types of the body; JSON where nothing is said. */
    bodyTypes?: readonly string[]
  }
}

const BEARER = /^Bearer +([\x21-\x7e]{1,8192})$/i
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

export interface SessionParts {
  desk: Desk
  authenticator: Authenticator
}

/** Who asks: an API key, or the token of somebody who has logged in, or of a requester. What is wrong with a credential is told to nobody. */
async function sessionOf(
  app: FastifyInstance,
  { desk, authenticator }: SessionParts,
  request: Pick<FastifyRequest, 'id' | 'headers' | 'ip'>,
): Promise<Session> {
  const [, credential = ''] = BEARER.exec(request.headers.authorization ?? '') ?? []
  const token = JWT.test(credential) ? verified(app, credential) : undefined
  const actor = token
    ? await actorOf(authenticator, token)
    : credential
      ? await authenticator.byApiKey(credential)
      : undefined
  if (!actor) throw new Problem('unauthenticated')
  const channel = token && !isStaff(actor) ? 'portal' : 'api'
  return desk.as(actor, { channel, requestId: request.id, peer: request.ip })
}

interface Claims {
  sub: string
  sid: string
}

/** A token without a session of ours was minted for a requester: it does not grow with them. */
async function actorOf(authenticator: Authenticator, { sub, sid }: Claims): Promise<PersonActor | undefined> {
  if (sid.startsWith('ses_')) return authenticator.bySession(sid, sub)
  const person = await authenticator.byPerson(sub)
  return person?.actsAs === 'requester' ? person : undefined
}

function verified(app: FastifyInstance, token: string): Claims | undefined {
  try {
    const claims = app.jwt.verify<{ sub: unknown; sid: unknown }>(token)
    const { sub, sid } = claims
    return typeof sub === 'string' && typeof sid === 'string' ? { sub, sid } : undefined
  } catch {
    return
  }
}

/** Every route that is not open has a session; every route says which command or query decides, or why it is open. */
export function guardRoutes(app: FastifyInstance, parts: SessionParts): void {
  app.decorateRequest('desk')
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => void routes.push(route))
  // looked at when all are there: the routes of a plugin get their policy from a hook of their own
  app.addHook('onReady', async () => {
    const undecided = routes.filter(({ config }) => !config?.policy && !config?.open)
    if (undecided.length)
      throw new Error(
        `Without a policy, name a command or query or say why it is open: ${undecided.map(({ method, url }) => `${String(method)} ${url}`).join(', ')}`,
      )
  })
  app.addHook('onRequest', async (request) => {
    if (needsSession(request)) request.desk = await sessionOf(app, parts, request)
    else if (isForAnybody(request))
      request.desk = parts.desk.as(SYSTEM, { channel: 'api', requestId: request.id, peer: request.ip })
  })
}

/** A command that takes the proof of who asks in its input: nobody is asked before it. */
const isForAnybody = ({ is404, routeOptions: { config } }: FastifyRequest): boolean =>
  !is404 && config.open !== undefined && config.policy !== undefined

/** A signed link is its own credential; its route checks it. */
function needsSession(request: FastifyRequest): boolean {
  const { open, signedLinks } = request.routeOptions.config
  if (request.is404 || open !== undefined) return false
  return !(signedLinks && typeof request.query === 'object' && request.query !== null && 'signature' in request.query)
}
