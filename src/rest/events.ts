import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { eventsQuery } from '../domain/events/queries.ts'
import { Event } from '../domain/events/schema.ts'
import { asParameters, problemResponses } from './problems.ts'
import { pageOf } from './route.ts'

/** The feed: ascending, so `after` is the sequence you have seen. */
export function eventRoutes(app: FastifyInstance): void {
  app.addSchema(Event)
  app.get<{ Querystring: { after?: number; types?: string; limit?: number } }>(
    '/events',
    {
      config: { policy: eventsQuery.name },
      schema: {
        operationId: eventsQuery.name,
        tags: ['Events'],
        summary: 'What happened, in the order of the feed, oldest first',
        querystring: Type.Object(
          {
            after: Type.Optional(
              Type.Integer({ minimum: 0, description: 'The sequence of the last event you have seen' }),
            ),
            types: Type.Optional(
              Type.String({
                maxLength: 2_000,
                pattern: '^[a-zA-Z]+\\.[a-zA-Z_]+(,[a-zA-Z]+\\.[a-zA-Z_]+)*$',
                description: 'Only these, comma between them',
              }),
            ),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: { description: 'Events', content: { 'application/json': { schema: pageOf(Type.Ref('Event')) } } },
          ...problemResponses(['unauthenticated', 'missing_scope', 'forbidden', 'invalid_parameter']),
        },
      },
    },
    async ({ desk, query: { types, ...rest } }) =>
      asParameters(desk.read(eventsQuery, { ...rest, ...(types === undefined ? {} : { types: types.split(',') }) })),
  )
}
