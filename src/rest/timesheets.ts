import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { approveTimesheet } from '../domain/time/approve-timesheet.ts'
import { lockTimesheet } from '../domain/time/lock-timesheet.ts'
import { timesheet } from '../domain/time/queries.ts'
import { rejectTimesheet } from '../domain/time/reject-timesheet.ts'
import { Timesheet } from '../domain/time/schema.ts'
import { submitTimesheet } from '../domain/time/submit-timesheet.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Time'
const url = '/timesheets/:personId/:week'
const response = Type.Ref('Timesheet')

/** The weeks of people. */
export function timesheetRoutes(app: FastifyInstance): void {
  app.addSchema(Timesheet)
  const shared = { response, tag, problems: ['person_not_found', 'timesheet_state', 'timer_running'] as const }
  queryRoute(app, {
    url,
    query: timesheet,
    response,
    tag,
    summary: 'The week of a person',
    problems: ['person_not_found'],
  })
  for (const [act, command, summary] of [
    ['submit', submitTimesheet, 'Hand in a week'],
    ['approve', approveTimesheet, 'Approve a week'],
    ['lock', lockTimesheet, 'Close an approved week for good'],
  ] as const)
    commandRoute(app, { method: 'POST', url: `${url}/${act}`, command, status: 200, summary, ...shared })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/reject`,
    command: rejectTimesheet,
    status: 200,
    summary: 'Give a week back, and say why',
    ...shared,
  })
}
