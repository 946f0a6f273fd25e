import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { transitionsQuery, workflowQuery } from '../domain/workflows/queries.ts'
import { workflowSchemas } from '../domain/workflows/schema.ts'
import { setWorkflow } from '../domain/workflows/set-workflow.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

export function workflowRoutes(app: FastifyInstance): void {
  for (const schema of Object.values(workflowSchemas)) app.addSchema(schema)
  const response = Type.Ref('Workflow')
  const url = '/types/:key/workflow'
  const tag = 'Vocabularies'
  const problems = ['type_not_found'] as const
  queryRoute(app, { url, query: workflowQuery, response, tag, summary: 'The workflow of a type', problems })
  commandRoute(app, {
    method: 'PUT',
    url,
    command: setWorkflow,
    status: 200,
    response,
    tag,
    summary: 'Set the statuses of a type and the ways between them; refused where one could never be closed',
    problems,
  })
  wholeListRoute(app, {
    url: '/tickets/:ticketId/transitions',
    query: transitionsQuery,
    response: Type.Ref('TransitionOffer'),
    tag: 'Tickets',
    summary: 'Where you may bring the ticket now, and what is missing',
    problems: ['ticket_not_found'],
  })
}
