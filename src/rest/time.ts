import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { TicketAct } from '../domain/tickets/schema.ts'
import { changeTimeEntry } from '../domain/time/change-time-entry.ts'
import { changeTimeSettings } from '../domain/time/change-time-settings.ts'
import { logTime } from '../domain/time/log-time.ts'
import { measureAttention } from '../domain/time/measure-attention.ts'
import { pauseTimer } from '../domain/time/pause-timer.ts'
import {
  ticketTime,
  ticketTimeEntries,
  ticketTimeList,
  timeEntriesQuery,
  timeEntry,
  timeEntryList,
  timersQuery,
  timeSettingsQuery,
} from '../domain/time/queries.ts'
import { removeTimeEntry } from '../domain/time/remove-time-entry.ts'
import { reverseTimeEntry } from '../domain/time/reverse-time-entry.ts'
import { TicketTime, TimeEntry, TimeSettings, TimeSum } from '../domain/time/schema.ts'
import { startTimer } from '../domain/time/start-timer.ts'
import { stopTimer } from '../domain/time/stop-timer.ts'
import { listRoute } from './list.ts'
import { ofLivingTickets } from './problems.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Time'
const response = Type.Ref('TimeEntry')
const ofTicket = ['ticket_not_found'] as const
const ofEntry = ['time_entry_not_found', 'time_entry_kept', 'timesheet_closed', 'contract_exhausted'] as const

export function timeRoutes(app: FastifyInstance): void {
  for (const schema of [TimeEntry, TimeSum, TicketTime, TimeSettings]) app.addSchema(schema)
  timerRoutes(app)
  entryRoutes(app)
  queryRoute(app, {
    url: '/tickets/:ticketId/time',
    query: ticketTime,
    response: Type.Ref('TicketTime'),
    tag,
    summary: 'The time spent on a ticket, and on it with all its parts',
    problems: ofTicket,
  })
  queryRoute(app, {
    url: '/time-settings',
    query: timeSettingsQuery,
    response: Type.Ref('TimeSettings'),
    tag,
    summary: 'How billable time is rounded',
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/time-settings',
    command: changeTimeSettings,
    status: 200,
    response: Type.Ref('TimeSettings'),
    tag,
    summary: 'Change how billable time is rounded, from now on',
  })
}

function timerRoutes(app: FastifyInstance): void {
  const url = '/tickets/:ticketId/timer'
  commandRoute(app, {
    method: 'POST',
    url: `${url}/start`,
    command: startTimer,
    status: 201,
    response,
    location: ({ id }) => `/v1/time-entries/${id}`,
    tag,
    summary: "Start the caller's timer on a ticket, or go on with a paused one",
    problems: [...ofLivingTickets, 'timer_running', 'timesheet_closed', 'contract_exhausted'],
  })
  for (const [act, command, summary] of [
    ['pause', pauseTimer, "Pause the caller's timer"],
    ['stop', stopTimer, "Stop the caller's timer: its time was spent"],
  ] as const)
    commandRoute(app, {
      method: 'POST',
      url: `${url}/${act}`,
      command,
      status: 200,
      response,
      tag,
      summary,
      problems: [...ofTicket, 'timer_not_running'],
    })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/:ticketId/attention',
    command: measureAttention,
    status: 200,
    response,
    tag,
    summary: 'The caller looks at a ticket: the time is measured, apart from what is declared',
    problems: ofLivingTickets,
  })
  wholeListRoute(app, {
    url: '/timers',
    query: timersQuery,
    response,
    tag,
    summary: "The caller's timers, the one that runs first",
  })
}

function entryRoutes(app: FastifyInstance): void {
  const properties = Object.keys(TimeEntry.properties)
  listRoute(app, {
    url: '/time-entries',
    query: timeEntriesQuery,
    list: timeEntryList,
    item: response,
    tag,
    summary: 'The time that was spent',
    properties,
    read: (desk, page) => desk.read(timeEntriesQuery, page),
  })
  listRoute(app, {
    url: '/tickets/:ticketId/time-entries',
    query: ticketTimeEntries,
    list: ticketTimeList,
    item: response,
    params: TicketAct,
    problems: ofTicket,
    tag,
    summary: 'The time that was spent on a ticket',
    properties,
    read: (desk, page, { ticketId = '' }) => desk.read(ticketTimeEntries, { ticketId, page }),
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/:ticketId/time-entries',
    command: logTime,
    status: 201,
    response,
    location: ({ id }) => `/v1/time-entries/${id}`,
    tag,
    summary: 'Say by hand what time was spent',
    problems: [...ofLivingTickets, 'timesheet_closed', 'contract_exhausted'],
  })
  const url = '/time-entries/:timeEntryId'
  queryRoute(app, {
    url,
    query: timeEntry,
    response,
    tag,
    summary: 'One time entry',
    problems: ['time_entry_not_found'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeTimeEntry,
    status: 200,
    response,
    tag,
    summary: 'Change an entry while its timesheet is open',
    problems: ofEntry,
  })
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: removeTimeEntry,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove an entry while its timesheet is open',
    problems: ofEntry,
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/reversal`,
    command: reverseTimeEntry,
    status: 201,
    response,
    location: ({ id }) => `/v1/time-entries/${id}`,
    tag,
    summary: 'Take back an approved entry',
    problems: ['time_entry_not_found', 'time_entry_open', 'time_entry_reversed', 'timesheet_closed'],
  })
}
