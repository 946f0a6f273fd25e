import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addParticipant } from '../domain/conversations/add-participant.ts'
import { beginConversation } from '../domain/conversations/begin-conversation.ts'
import { changeConversation } from '../domain/conversations/change-conversation.ts'
import { conversationsQuery } from '../domain/conversations/queries.ts'
import { removeParticipant } from '../domain/conversations/remove-participant.ts'
import { Conversation } from '../domain/conversations/schema.ts'
import { ofLivingTickets } from './problems.ts'
import { commandRoute, wholeListRoute } from './route.ts'

const tag = 'Tickets'
const response = Type.Ref('Conversation')
const problems = ['conversation_not_found', 'ticket_deleted', 'ticket_merged'] as const

/** Who talks with whom about a ticket. */
export function conversationRoutes(app: FastifyInstance): void {
  app.addSchema(Conversation)
  const ofTicket = '/tickets/:ticketId/conversations'
  wholeListRoute(app, {
    url: ofTicket,
    query: conversationsQuery,
    response,
    tag,
    summary: 'The conversations of a ticket',
    problems: ['ticket_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: ofTicket,
    command: beginConversation,
    status: 201,
    response,
    location: ({ ticketId }) => `/v1/tickets/${ticketId}/conversations`,
    tag,
    summary: 'Begin a conversation with others about a ticket',
    problems: ofLivingTickets,
  })
  const url = '/conversations/:conversationId'
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeConversation,
    status: 200,
    response,
    tag,
    summary: 'Call a conversation something else',
    problems,
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/participants`,
    command: addParticipant,
    status: 201,
    response,
    location: ({ ticketId }) => `/v1/tickets/${ticketId}/conversations`,
    tag,
    summary: 'Add a participant, by person or by address',
    problems: [...problems, 'already_participating'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: `${url}/participants/:personId`,
    command: removeParticipant,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a participant',
    problems: [...problems, 'participant_not_found'],
  })
}
