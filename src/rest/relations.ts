import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { linkTickets } from '../domain/relations/link-tickets.ts'
import { childrenQuery, linksQuery } from '../domain/relations/queries.ts'
import { TicketLink } from '../domain/relations/schema.ts'
import { setParent } from '../domain/relations/set-parent.ts'
import { unlinkTickets } from '../domain/relations/unlink-tickets.ts'
import { ticketList } from '../domain/tickets/queries.ts'
import { Ticket, TicketAct } from '../domain/tickets/schema.ts'
import { listRoute } from './list.ts'
import { ofLivingTickets } from './problems.ts'
import { commandRoute, wholeListRoute } from './route.ts'
import { besideTickets } from './tickets.ts'

const tag = 'Tickets'

/** How tickets stand to each other: parts, and links. */
export function relationRoutes(app: FastifyInstance): void {
  app.addSchema(TicketLink)
  listRoute(app, {
    url: '/tickets/:ticketId/children',
    tag,
    summary: 'The tickets that are parts of this one',
    query: childrenQuery,
    list: ticketList,
    item: Type.Ref('TicketWithIncludes'),
    includes: besideTickets,
    rowsAreWhole: true,
    properties: Object.keys(Ticket.properties),
    params: TicketAct,
    problems: ['ticket_not_found'],
    read: (desk, page, { ticketId = '' }) => desk.read(childrenQuery, { ticketId, page }),
  })
  commandRoute(app, {
    method: 'PUT',
    url: '/tickets/:ticketId/parent',
    command: setParent,
    status: 200,
    response: Type.Ref('Ticket'),
    tag,
    summary: 'Make a ticket a part of another, or of none',
    problems: ofLivingTickets,
  })
  const url = '/tickets/:ticketId/links'
  const response = Type.Ref('TicketLink')
  wholeListRoute(app, {
    url,
    query: linksQuery,
    response,
    tag,
    summary: 'How a ticket stands to others',
    problems: ['ticket_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url,
    command: linkTickets,
    status: 201,
    response,
    location: ({ fromId }) => `/v1/tickets/${fromId}/links`,
    tag,
    summary: 'Link a ticket to another',
    problems: [...ofLivingTickets, 'already_linked'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: `${url}/:linkId`,
    command: unlinkTickets,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Take a link away',
    problems: [...ofLivingTickets, 'link_not_found'],
  })
}
