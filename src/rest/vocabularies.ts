import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { conditionFields } from '../domain/conditions/queries.ts'
import { conditionSchemas } from '../domain/conditions/schema.ts'
import { priorities, statuses, types } from '../domain/types/queries.ts'
import { Priority, Status, TicketType } from '../domain/types/schema.ts'
import { queryRoute, wholeListRoute } from './route.ts'

const tag = 'Vocabularies'

export function vocabularyRoutes(app: FastifyInstance): void {
  app.addSchema(TicketType)
  app.addSchema(Status)
  app.addSchema(Priority)
  wholeListRoute(app, {
    url: '/types',
    query: types,
    response: Type.Ref('TicketType'),
    tag,
    summary: 'The types of ticket',
  })
  wholeListRoute(app, { url: '/statuses', query: statuses, response: Type.Ref('Status'), tag, summary: 'The statuses' })
  wholeListRoute(app, {
    url: '/priorities',
    query: priorities,
    response: Type.Ref('Priority'),
    tag,
    summary: 'The priorities, from low to high',
  })
  for (const schema of Object.values(conditionSchemas)) app.addSchema(schema)
  queryRoute(app, {
    url: '/conditions',
    query: conditionFields,
    response: Type.Ref('ConditionLanguage'),
    tag,
    summary: 'What conditions can ask: fields, operators, options',
  })
}
