import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { markTicketRead } from '../domain/reading/mark-ticket-read.ts'
import { markTicketUnread } from '../domain/reading/mark-ticket-unread.ts'
import { readState } from '../domain/reading/queries.ts'
import { ReadState } from '../domain/reading/schema.ts'
import { TicketAct } from '../domain/tickets/schema.ts'
import { timelineList, timelineQuery } from '../domain/timeline/queries.ts'
import { TimelineEntry } from '../domain/timeline/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Tickets'
const problems = ['ticket_not_found'] as const

/** What happened on a ticket, and how much of it the caller has read. */
export function readingRoutes(app: FastifyInstance): void {
  app.addSchema(TimelineEntry)
  listRoute(app, {
    url: '/tickets/:ticketId/timeline',
    tag,
    summary: 'All that happened on a ticket, in order',
    query: timelineQuery,
    list: timelineList,
    item: Type.Ref('TimelineEntry'),
    params: TicketAct,
    problems,
    properties: Object.keys(TimelineEntry.properties),
    read: (desk, page, { ticketId = '' }) => desk.read(timelineQuery, { ticketId, page }),
  })
  app.addSchema(ReadState)
  const url = '/tickets/:ticketId/read-state'
  const response = Type.Ref('ReadState')
  queryRoute(app, { url, query: readState, response, tag, summary: 'How far the caller has read a ticket', problems })
  commandRoute(app, {
    method: 'PUT',
    url,
    command: markTicketRead,
    status: 200,
    response,
    tag,
    summary: 'The caller has read a ticket, up to a message or to the latest',
    problems,
  })
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: markTicketUnread,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'The caller has read nothing of a ticket',
    problems,
  })
}
