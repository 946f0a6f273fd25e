import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addFollower } from '../domain/followers/add-follower.ts'
import { followersQuery } from '../domain/followers/queries.ts'
import { removeFollower } from '../domain/followers/remove-follower.ts'
import { Follower } from '../domain/followers/schema.ts'
import { ofLivingTickets } from './problems.ts'
import { commandRoute, wholeListRoute } from './route.ts'

const tag = 'Tickets'

/** Who receives the public replies beside the requester. */
export function followerRoutes(app: FastifyInstance): void {
  app.addSchema(Follower)
  const url = '/tickets/:ticketId/followers'
  const response = Type.Ref('Follower')
  wholeListRoute(app, {
    url,
    query: followersQuery,
    response,
    tag,
    summary: 'Who receives the public replies of a ticket',
    problems: ['ticket_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url,
    command: addFollower,
    status: 201,
    response,
    location: ({ ticketId }) => `/v1/tickets/${ticketId}/followers`,
    tag,
    summary: 'Add a follower, by person or by address',
    problems: [...ofLivingTickets, 'already_following'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: `${url}/:personId`,
    command: removeFollower,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a follower',
    problems: ['ticket_not_found', 'follower_not_found'],
  })
}
