import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addCalendar } from '../domain/calendars/add-calendar.ts'
import { changeCalendar } from '../domain/calendars/change-calendar.ts'
import { calendar, calendarsQuery, workingTime } from '../domain/calendars/queries.ts'
import { removeCalendar } from '../domain/calendars/remove-calendar.ts'
import { Calendar, WorkingTime, WorkingTimeInput } from '../domain/calendars/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Calendars'
const url = '/calendars/:key'
const response = Type.Ref('Calendar')
const problems = ['calendar_not_found'] as const

/** When people work. */
export function calendarRoutes(app: FastifyInstance): void {
  for (const schema of [Calendar, WorkingTime]) app.addSchema(schema)
  wholeListRoute(app, { url: '/calendars', query: calendarsQuery, response, tag, summary: 'When people work' })
  queryRoute(app, { url, query: calendar, response, tag, summary: 'One calendar', problems })
  commandRoute(app, {
    method: 'POST',
    url: '/calendars',
    command: addCalendar,
    status: 201,
    response,
    location: ({ key }) => `/v1/calendars/${key}`,
    tag,
    summary: 'Add a calendar',
    problems: ['key_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeCalendar,
    status: 200,
    response,
    tag,
    summary: 'Change a calendar',
    problems,
  })
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: removeCalendar,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a calendar',
    problems,
  })
  const { key: _, ...parameters } = WorkingTimeInput.properties
  queryRoute(app, {
    url: `${url}/working-time`,
    query: workingTime,
    response: Type.Ref('WorkingTime'),
    parameters: Type.Object(parameters, { additionalProperties: false }),
    tag,
    summary: 'How much is worked between two moments, or when so much has been worked',
    problems,
  })
}
