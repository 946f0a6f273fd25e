import type { GraphQLResolveInfo } from 'graphql'
import { markTicketRead } from '../domain/reading/mark-ticket-read.ts'
import { markTicketUnread } from '../domain/reading/mark-ticket-unread.ts'
import { readState, readStatesByTicket } from '../domain/reading/queries.ts'
import type { Ticket } from '../domain/tickets/schema.ts'
import { timelineList, timelineQuery } from '../domain/timeline/queries.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'

export const readingResolvers = {
  Query: {
    timeline: async (
      _root: unknown,
      { ticketId, ...args }: ConnectionArgs & { ticketId: string },
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) => connection(await desk.read(timelineQuery, { ticketId, page: pageFrom(args, info, timelineList.filters) })),
    readState: (_root: unknown, input: { ticketId: string }, { desk }: Context) => desk.read(readState, input),
  },
  Mutation: { ...mutation(markTicketRead), ...mutation(markTicketUnread) },
}

/** One query for a whole page of tickets. */
export async function readStateLoader(asked: { obj: Ticket }[], { desk }: Context) {
  const states = await desk.read(readStatesByTicket, { ticketIds: [...new Set(asked.map(({ obj }) => obj.id))] })
  return asked.map(({ obj }) => states.get(obj.id))
}
