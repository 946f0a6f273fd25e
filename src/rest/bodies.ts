import type { FastifyInstance } from 'fastify'
import { invalid, Problem } from '../kernel/problems.ts'

const JSON_BYTES_MAX = 1_048_576
const JSON_TYPES = ['application/json', 'application/merge-patch+json'] as const

/** Nothing is said by leaving the body out; null is not an object. */
const NULL_BODY = invalid('', 'type', 'must be object')

const mediaType = (header: string | undefined): string => (header ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/** No body type is taken but those declared here, and of those only what a route declares. An act may come without a body. */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser([...JSON_TYPES], { parseAs: 'string', bodyLimit: JSON_BYTES_MAX }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else parseJson(request, body.toString(), (error, parsed) => done(parsed === null ? NULL_BODY : error, parsed))
  })

  app.addHook('preParsing', async (request) => {
    const type = mediaType(request.headers['content-type'])
    if (!type) return
    const allowed = request.routeOptions.config.bodyTypes ?? (request.method === 'PATCH' ? JSON_TYPES : [JSON_TYPES[0]])
    if (request.method !== 'GET' && request.method !== 'HEAD' && !allowed.includes(type))
      throw new Problem('unsupported_media_type')
  })
}
