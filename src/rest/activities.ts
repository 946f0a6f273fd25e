import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addActivity } from '../domain/activities/add-activity.ts'
import { changeActivity } from '../domain/activities/change-activity.ts'
import { activitiesQuery, activityQuery } from '../domain/activities/queries.ts'
import { removeActivity } from '../domain/activities/remove-activity.ts'
import { Activity } from '../domain/activities/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Time'
const url = '/activities/:key'
const response = Type.Ref('Activity')
const problems = ['activity_not_found'] as const

/** What time is spent on. */
export function activityRoutes(app: FastifyInstance): void {
  app.addSchema(Activity)
  wholeListRoute(app, { url: '/activities', query: activitiesQuery, response, tag, summary: 'What time is spent on' })
  queryRoute(app, { url, query: activityQuery, response, tag, summary: 'One activity', problems })
  commandRoute(app, {
    method: 'POST',
    url: '/activities',
    command: addActivity,
    status: 201,
    response,
    location: ({ key }) => `/v1/activities/${key}`,
    tag,
    summary: 'Add an activity',
    problems: ['key_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeActivity,
    status: 200,
    response,
    tag,
    summary: 'Change an activity; its key stays',
    problems,
  })
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: removeActivity,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove an activity that no time was spent on',
    problems: [...problems, 'activity_in_use'],
  })
}
