import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { erasePerson } from '../domain/erasure/erase-person.ts'
import { type Kept, personExport } from '../domain/erasure/queries.ts'
import { ExportPerson } from '../domain/erasure/schema.ts'
import { asParameters, problemResponses } from './problems.ts'
import { commandRoute } from './route.ts'

const tag = 'People'

/** What is kept about a person, and its end. */
export function erasureRoutes(app: FastifyInstance): void {
  commandRoute(app, {
    method: 'POST',
    url: '/people/:personId/erasure',
    command: erasePerson,
    status: 202,
    response: Type.Ref('Job'),
    location: ({ id }) => `/v1/jobs/${id}`,
    tag,
    summary: 'Blank all that is kept about a person, by a job',
    problems: ['person_not_found', 'person_active'],
  })
  app.get<{ Params: { personId: string } }>(
    '/people/:personId/export',
    {
      config: { policy: personExport.name },
      schema: {
        operationId: personExport.name,
        tags: [tag],
        summary: 'Everything that is kept about a person, a line for each thing',
        params: ExportPerson,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: {
          200: {
            description: 'Lines of { kind, data }',
            content: { 'application/x-ndjson': { schema: Type.String() } },
          },
          ...problemResponses([
            'unauthenticated',
            'missing_scope',
            'forbidden',
            'invalid_parameter',
            'person_not_found',
          ]),
        },
      },
    },
    async ({ desk, params }, reply) => {
      const kept = await asParameters(desk.read(personExport, params))
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="${params.personId}.ndjson"`)
        .send(Readable.from(linesOf(kept)))
    },
  )
}

async function* linesOf(kept: AsyncGenerator<Kept>): AsyncGenerator<string> {
  for await (const one of kept) yield `${JSON.stringify(one)}\n`
}
