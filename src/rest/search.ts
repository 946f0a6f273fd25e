import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { searchTickets } from '../domain/search/queries.ts'
import { type SearchTickets, searchSchemas } from '../domain/search/schema.ts'
import { Ticket } from '../domain/tickets/schema.ts'
import { Problem } from '../kernel/problems.ts'
import { printed, sendPage } from './printing.ts'
import { ofBodies, problemResponses } from './problems.ts'
import { pageOf } from './route.ts'

const TicketFound = Type.Object(
  { ...Ticket.properties, match: Type.Union([Type.Ref('TextMatch'), Type.Null()]) },
  { $id: 'TicketFound', description: 'A ticket, and where the words of the search were found' },
)

/** A read whose question does not fit into an address. */
export function searchRoutes(app: FastifyInstance): void {
  for (const schema of [...Object.values(searchSchemas), TicketFound]) app.addSchema(schema)
  app.post<{ Body: Static<typeof SearchTickets> }>(
    '/tickets/search',
    {
      config: { policy: searchTickets.name },
      schema: {
        operationId: searchTickets.name,
        tags: ['Tickets'],
        summary: 'Tickets by condition, query syntax and words; a read, whatever its method',
        querystring: Type.Object({}, { additionalProperties: false }),
        body: searchTickets.input,
        response: {
          200: { description: 'A page', content: { 'application/json': { schema: pageOf(Type.Ref('TicketFound')) } } },
          ...problemResponses(['unauthenticated', 'missing_scope', ...ofBodies]),
        },
      },
    },
    async ({ desk, body }, reply) =>
      sendPage(
        reply,
        await asBody(desk.read(searchTickets, body ?? {})),
        ({ ticket, match }) => `${printed(ticket).slice(0, -1)},"match":${JSON.stringify(match)}}`,
      ),
  )
}

/** What a list finds wrong stands in a body here. */
async function asBody<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_parameter') throw new Problem('invalid_input', error.extras)
    throw error
  }
}
