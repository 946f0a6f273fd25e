import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { conditionFields } from '../domain/conditions/queries.ts'
import { conditionSchemas } from '../domain/conditions/schema.ts'
import { addField } from '../domain/fields/add-field.ts'
import { changeField } from '../domain/fields/change-field.ts'
import { fieldQuery, fieldsQuery, typeSchema } from '../domain/fields/queries.ts'
import { removeField } from '../domain/fields/remove-field.ts'
import { fieldSchemas, TypeSchema } from '../domain/fields/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'
import { wordRoutes } from './words.ts'
import { workflowRoutes } from './workflows.ts'

const tag = 'Vocabularies'

export function vocabularyRoutes(app: FastifyInstance): void {
  wordRoutes(app)
  workflowRoutes(app)
  for (const schema of Object.values(conditionSchemas)) app.addSchema(schema)
  queryRoute(app, {
    url: '/conditions',
    query: conditionFields,
    response: Type.Ref('ConditionLanguage'),
    tag,
    summary: 'What conditions can ask: fields, operators, options',
  })
  fieldRoutes(app)
}

function fieldRoutes(app: FastifyInstance): void {
  for (const schema of [...Object.values(fieldSchemas), TypeSchema]) app.addSchema(schema)
  const response = Type.Ref('CustomField')
  wholeListRoute(app, { url: '/fields', query: fieldsQuery, response, tag, summary: 'The custom fields that you see' })
  queryRoute(app, {
    url: '/fields/:key',
    query: fieldQuery,
    response,
    tag,
    summary: 'One custom field',
    problems: ['field_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/fields',
    command: addField,
    status: 201,
    response,
    location: ({ key }) => `/v1/fields/${key}`,
    tag,
    summary: 'Add a custom field of tickets',
    problems: ['field_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/fields/:key',
    command: changeField,
    status: 200,
    response,
    tag,
    summary: 'Change a custom field; key and type stay',
    problems: ['field_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/fields/:key',
    command: removeField,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Retire a custom field: its values stay readable',
    problems: ['field_not_found'],
  })
  queryRoute(app, {
    url: '/types/:key/schema',
    query: typeSchema,
    response: Type.Ref('TypeSchema'),
    tag,
    summary: 'JSON Schema of what you may give when you open a ticket of a type',
    problems: ['type_not_found'],
  })
}
