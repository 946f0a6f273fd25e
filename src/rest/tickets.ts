import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { postNote } from '../domain/conversations/post-note.ts'
import { postReply } from '../domain/conversations/post-reply.ts'
import { message, messageList, messagesQuery, ticketWithMessages } from '../domain/conversations/queries.ts'
import { releaseMessage } from '../domain/conversations/release-message.ts'
import { Message } from '../domain/conversations/schema.ts'
import { peopleById } from '../domain/people/queries.ts'
import type { Person } from '../domain/people/schema.ts'
import { readStatesByTicket } from '../domain/reading/queries.ts'
import { assignTicket } from '../domain/tickets/assign-ticket.ts'
import { changeTicket } from '../domain/tickets/change-ticket.ts'
import { claimTicket } from '../domain/tickets/claim-ticket.ts'
import { openTicket } from '../domain/tickets/open-ticket.ts'
import { ticket, ticketList, ticketsQuery } from '../domain/tickets/queries.ts'
import { releaseTicket } from '../domain/tickets/release-ticket.ts'
import { Ticket, TicketRef } from '../domain/tickets/schema.ts'
import { takeNextTicket } from '../domain/tickets/take-next-ticket.ts'
import type { Session } from '../kernel/desk.ts'
import { type Includes, included, listRoute, thinned } from './list.ts'
import { ofLivingTickets, problemResponses } from './problems.ts'
import { commandRoute, withETag } from './route.ts'

const tag = 'Tickets'
const TicketRefSchema = Type.Ref('Ticket')
const MessageRef = Type.Ref('Message')

/** What may stand beside a ticket's ids. */
const TicketWithIncludes = Type.Object(
  {
    ...Ticket.properties,
    requester: Type.Optional(Type.Union([Type.Ref('Person'), Type.Null()])),
    assignee: Type.Optional(Type.Union([Type.Ref('Person'), Type.Null()])),
    readState: Type.Optional(Type.Ref('ReadState')),
    messages: Type.Optional(Type.Array(MessageRef)),
  },
  { $id: 'TicketWithIncludes' },
)

const personBeside = (idOf: (row: Ticket) => string | null) => async (desk: Session, rows: Ticket[]) => {
  const ids = [...new Set(rows.flatMap((row) => idOf(row) ?? []))]
  const people = ids.length ? await desk.read(peopleById, { ids }) : new Map<string, Static<typeof Person>>()
  return (row: Ticket) => people.get(idOf(row) ?? '')
}

export const besideTickets: Includes<Ticket> = {
  requester: personBeside(({ requesterId }) => requesterId),
  assignee: personBeside(({ assigneeId }) => assigneeId),
  readState: async (desk, rows) => {
    const states = await desk.read(readStatesByTicket, { ticketIds: rows.map(({ id }) => id) })
    return ({ id }) => states.get(id)
  },
}

/** The latest hundred; the whole conversation is read by pages. */
const MESSAGES_BESIDE_MAX = 100
const MESSAGES = 'messages'

export function ticketRoutes(app: FastifyInstance): void {
  app.addSchema(Ticket)
  app.addSchema(TicketWithIncludes)
  app.addSchema(Message)
  const properties = Object.keys(Ticket.properties)

  listRoute(app, {
    url: '/tickets',
    tag,
    summary: 'Tickets by filter and sort',
    query: ticketsQuery,
    list: ticketList,
    item: Type.Ref('TicketWithIncludes'),
    includes: besideTickets,
    rowsAreWhole: true,
    properties,
    read: (desk, page) => desk.read(ticketsQuery, page),
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets',
    command: openTicket,
    status: 201,
    response: TicketRefSchema,
    location: ({ id }) => `/v1/tickets/${id}`,
    tag,
    summary: 'Open a ticket',
    problems: ['not_assignable', 'way_closed'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/tickets/:ticketId',
    command: changeTicket,
    status: 200,
    response: TicketRefSchema,
    tag,
    summary: 'Change fields of a ticket',
    problems: [...ofLivingTickets, 'transition_not_allowed', 'way_closed'],
  })
  commandRoute(app, {
    method: 'PUT',
    url: '/tickets/:ticketId/assignment',
    command: assignTicket,
    status: 200,
    response: TicketRefSchema,
    tag,
    summary: 'Assign a ticket',
    problems: [...ofLivingTickets, 'not_assignable'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/:ticketId/claim',
    command: claimTicket,
    status: 200,
    response: TicketRefSchema,
    tag,
    summary: 'Take an unassigned ticket',
    problems: [...ofLivingTickets, 'already_claimed', 'not_assignable'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/next',
    command: takeNextTicket,
    status: 200,
    response: TicketRefSchema,
    tag,
    summary: 'Take the next ticket that nobody has',
    problems: ['not_assignable', 'queue_empty'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/:ticketId/release',
    command: releaseTicket,
    status: 200,
    response: TicketRefSchema,
    tag,
    summary: 'Give a ticket back',
    problems: [...ofLivingTickets, 'not_claimed'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/:ticketId/replies',
    command: postReply,
    status: 201,
    response: MessageRef,
    location: ({ id }) => `/v1/messages/${id}`,
    tag,
    summary: 'Reply publicly',
    problems: [...ofLivingTickets, 'transition_not_allowed', 'way_closed'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/:ticketId/notes',
    command: postNote,
    status: 201,
    response: MessageRef,
    location: ({ id }) => `/v1/messages/${id}`,
    tag,
    summary: 'Write an internal note',
    problems: ofLivingTickets,
  })
  listRoute(app, {
    url: '/tickets/:ticketId/messages',
    tag,
    summary: 'The messages of a ticket',
    query: messagesQuery,
    list: messageList,
    item: MessageRef,
    params: Type.Object({ ticketId: TicketRef }, { additionalProperties: false }),
    problems: ['ticket_not_found'],
    read: (desk, page, { ticketId = '' }) => desk.read(messagesQuery, { ticketId, page }),
  })
  commandRoute(app, {
    method: 'POST',
    url: '/messages/:messageId/release',
    command: releaseMessage,
    status: 200,
    response: MessageRef,
    tag,
    summary: 'Free a held message',
    problems: ['message_not_found', 'message_not_held'],
  })
  messageRoute(app)
  ticketRoute(app, properties)
}

function messageRoute(app: FastifyInstance): void {
  app.get<{ Params: { messageId: string } }>(
    '/messages/:messageId',
    {
      config: { policy: message.name },
      schema: {
        operationId: message.name,
        tags: [tag],
        summary: 'One message',
        params: message.input,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: {
          200: { description: 'Found', content: { 'application/json': { schema: MessageRef } } },
          ...problemResponses(['unauthenticated', 'missing_scope', 'invalid_parameter', 'message_not_found']),
        },
      },
    },
    async ({ desk, params }) => desk.read(message, params),
  )
}

/** One ticket, with what `include=` adds and `fields=` leaves. */
function ticketRoute(app: FastifyInstance, properties: string[]): void {
  app.get<{ Params: { ticketId: string }; Querystring: { include?: string; fields?: string } }>(
    '/tickets/:ticketId',
    {
      config: { policy: ticket.name },
      schema: {
        operationId: ticket.name,
        tags: [tag],
        summary: 'One ticket, by id or number',
        params: ticket.input,
        querystring: Type.Object(
          {
            include: Type.Optional(
              Type.String({
                maxLength: 200,
                description: `Adds ${[...Object.keys(besideTickets), MESSAGES].join(', ')}`,
              }),
            ),
            fields: Type.Optional(Type.String({ maxLength: 1_000, description: 'Only these fields' })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: { description: 'Found', content: { 'application/json': { schema: Type.Ref('TicketWithIncludes') } } },
          ...problemResponses(['unauthenticated', 'missing_scope', 'invalid_parameter', 'ticket_not_found']),
        },
      },
    },
    async ({ desk, params, query }, reply) => {
      const names = query.include?.split(',') ?? []
      const others = names.filter((name) => name !== MESSAGES)
      const found: Ticket =
        others.length < names.length
          ? await desk.read(ticketWithMessages, { ...params, limit: MESSAGES_BESIDE_MAX })
          : await desk.read(ticket, params)
      withETag(reply, found)
      const [row = found] = others.length ? await included(desk, [found], besideTickets, others.join(',')) : [found]
      if (query.fields === undefined) return row
      const [thin] = thinned([row], [...properties, ...Object.keys(besideTickets), MESSAGES], query.fields)
      return reply.serializer(JSON.stringify).header('content-type', 'application/json; charset=utf-8').send(thin)
    },
  )
}
