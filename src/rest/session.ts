import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { Authenticator } from '../domain/access/authenticate.ts'
import type { PersonActor } from '../kernel/actor.ts'
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

/** Who asks: an API key, or a token of a requester. What is wrong with a credential is told to nobody. */
async function sessionOf(
  app: FastifyInstance,
  { desk, authenticator }: SessionParts,
  request: Pick<FastifyRequest, 'id' | 'headers'>,
): Promise<Session> {
  const [, credential = ''] = BEARER.exec(request.headers.authorization ?? '') ?? []
  const token = JWT.test(credential) ? verified(app, credential) : undefined
  const actor: PersonActor | undefined = token
    ? await authenticator.byPerson(token.sub)
    : credential
      ? await authenticator.byApiKey(credential)
      : undefined
  // a token was minted for a requester: it does not grow with them
  if (!actor || (token && actor.actsAs !== 'requester')) throw new Problem('unauthenticated')
  return desk.as(actor, { channel: token ? 'portal' : 'api', requestId: request.id })
}

function verified(app: FastifyInstance, token: string): { sub: string } | undefined {
  try {
    return app.jwt.verify<{ sub: string }>(token)
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
  })
}

/** A signed link is its own credential; its route checks it. */
function needsSession(request: FastifyRequest): boolean {
  const { open, signedLinks } = request.routeOptions.config
  if (request.is404 || open !== undefined) return false
  return !(signedLinks && typeof request.query === 'object' && request.query !== null && 'signature' in request.query)
}
