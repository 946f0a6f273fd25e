import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addMacro } from '../domain/macros/add-macro.ts'
import { applyMacro } from '../domain/macros/apply-macro.ts'
import { changeMacro } from '../domain/macros/change-macro.ts'
import { macroQuery, macrosQuery } from '../domain/macros/queries.ts'
import { removeMacro } from '../domain/macros/remove-macro.ts'
import { Macro, MacroApplied } from '../domain/macros/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Templates'

export function macroRoutes(app: FastifyInstance): void {
  for (const schema of [Macro, MacroApplied]) app.addSchema(schema)
  const response = Type.Ref('Macro')
  wholeListRoute(app, { url: '/macros', query: macrosQuery, response, tag, summary: 'Macros' })
  queryRoute(app, {
    url: '/macros/:key',
    query: macroQuery,
    response,
    tag,
    summary: 'One macro',
    problems: ['macro_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/macros',
    command: addMacro,
    status: 201,
    response,
    location: ({ key }) => `/v1/macros/${key}`,
    tag,
    summary: 'Add a macro',
    problems: ['macro_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/macros/:key',
    command: changeMacro,
    status: 200,
    response,
    tag,
    summary: 'Change a macro',
    problems: ['macro_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/macros/:key',
    command: removeMacro,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a macro',
    problems: ['macro_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/macros/:key/apply',
    command: applyMacro,
    status: 200,
    response: Type.Ref('MacroApplied'),
    tag,
    summary: 'Apply a macro to a ticket, all of it or nothing',
    problems: ['macro_not_found', 'transition_not_allowed', 'ticket_deleted', 'ticket_merged'],
  })
}
