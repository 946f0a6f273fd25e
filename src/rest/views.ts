import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ticketList } from '../domain/tickets/queries.ts'
import { Ticket } from '../domain/tickets/schema.ts'
import { addView } from '../domain/views/add-view.ts'
import { changeView } from '../domain/views/change-view.ts'
import { ticketsInView, view, viewCount, viewsQuery } from '../domain/views/queries.ts'
import { removeView } from '../domain/views/remove-view.ts'
import { ViewAct, viewSchemas } from '../domain/views/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'
import { besideTickets } from './tickets.ts'

const tag = 'Views'

export function viewRoutes(app: FastifyInstance): void {
  for (const schema of Object.values(viewSchemas)) app.addSchema(schema)
  const View = Type.Ref('View')
  wholeListRoute(app, { url: '/views', query: viewsQuery, response: View, tag, summary: 'The views that you see' })
  queryRoute(app, {
    url: '/views/:key',
    query: view,
    response: View,
    tag,
    summary: 'One view',
    problems: ['view_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/views',
    command: addView,
    status: 201,
    response: View,
    location: ({ key }) => `/v1/views/${key}`,
    tag,
    summary: 'Add a view: your own, of a team, or for everybody',
    problems: ['view_key_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/views/:key',
    command: changeView,
    status: 200,
    response: View,
    tag,
    summary: 'Change a view',
    problems: ['view_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/views/:key',
    command: removeView,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a view',
    problems: ['view_not_found'],
  })
  listRoute(app, {
    url: '/views/:key/tickets',
    tag,
    summary: 'The tickets of a view, as it sorts them where nothing else is asked',
    query: ticketsInView,
    list: { ...ticketList, defaultSort: "the view's own" },
    item: Type.Ref('TicketWithIncludes'),
    includes: besideTickets,
    rowsAreWhole: true,
    properties: Object.keys(Ticket.properties),
    params: ViewAct,
    problems: ['view_not_found'],
    read: (desk, page, { key = '' }) => desk.read(ticketsInView, { key, page }),
  })
  queryRoute(app, {
    url: '/views/:key/count',
    query: viewCount,
    response: Type.Ref('ViewCount'),
    tag,
    summary: 'How many tickets a view has, and each of its groups',
    problems: ['view_not_found'],
  })
}
