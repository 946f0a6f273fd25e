import type { GraphQLResolveInfo } from 'graphql'
import { linkTickets } from '../domain/relations/link-tickets.ts'
import { childrenQuery, linksQuery } from '../domain/relations/queries.ts'
import { setParent } from '../domain/relations/set-parent.ts'
import { unlinkTickets } from '../domain/relations/unlink-tickets.ts'
import { ticketList } from '../domain/tickets/queries.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'

export const relationResolvers = {
  Query: {
    children: async (
      _root: unknown,
      { ticketId, ...args }: ConnectionArgs & { ticketId: string },
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) => connection(await desk.read(childrenQuery, { ticketId, page: pageFrom(args, info, ticketList.filters) })),
    links: (_root: unknown, input: { ticketId: string }, { desk }: Context) => desk.read(linksQuery, input),
  },
  Mutation: { ...mutation(setParent), ...mutation(linkTickets), ...mutation(unlinkTickets) },
}
