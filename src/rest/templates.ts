import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addTemplate } from '../domain/templates/add-template.ts'
import { changeTemplate } from '../domain/templates/change-template.ts'
import { renderTemplate, templateQuery, templatesQuery } from '../domain/templates/queries.ts'
import { removeTemplate } from '../domain/templates/remove-template.ts'
import { RenderedTemplate, RenderTemplate, Template } from '../domain/templates/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Templates'

export function templateRoutes(app: FastifyInstance): void {
  for (const schema of [Template, RenderedTemplate]) app.addSchema(schema)
  const response = Type.Ref('Template')
  wholeListRoute(app, { url: '/templates', query: templatesQuery, response, tag, summary: 'Templates of replies' })
  queryRoute(app, {
    url: '/templates/:key',
    query: templateQuery,
    response,
    tag,
    summary: 'One template',
    problems: ['template_not_found'],
  })
  queryRoute(app, {
    url: '/templates/:key/render',
    query: renderTemplate,
    response: Type.Ref('RenderedTemplate'),
    parameters: Type.Object(
      { ticketId: RenderTemplate.properties.ticketId, locale: RenderTemplate.properties.locale },
      { additionalProperties: false },
    ),
    tag,
    summary: 'What a template says about a ticket, to be edited before it is sent',
    problems: ['template_not_found', 'ticket_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/templates',
    command: addTemplate,
    status: 201,
    response,
    location: ({ key }) => `/v1/templates/${key}`,
    tag,
    summary: 'Add a template',
    problems: ['template_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/templates/:key',
    command: changeTemplate,
    status: 200,
    response,
    tag,
    summary: 'Change a template',
    problems: ['template_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/templates/:key',
    command: removeTemplate,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a template',
    problems: ['template_not_found'],
  })
}
