import type { GraphQLResolveInfo } from 'graphql'
import { ticketList } from '../domain/tickets/queries.ts'
import { addView } from '../domain/views/add-view.ts'
import { changeView } from '../domain/views/change-view.ts'
import { ticketsInView, view, viewCount, viewsQuery } from '../domain/views/queries.ts'
import { removeView } from '../domain/views/remove-view.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Key = { key: string }

export const viewResolvers = {
  Query: {
    views: (_root: unknown, _args: object, { desk }: Context) => desk.read(viewsQuery, {}),
    view: (_root: unknown, { key }: Key, { desk }: Context) => orNull(desk.read(view, { key })),
    ticketsInView: async (
      _root: unknown,
      { key, ...args }: ConnectionArgs & Key,
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) => connection(await desk.read(ticketsInView, { key, page: pageFrom(args, info, ticketList.filters) })),
    viewCount: (_root: unknown, { key }: Key, { desk }: Context) => desk.read(viewCount, { key }),
  },
  Mutation: { ...mutation(addView), ...mutation(changeView), ...mutation(removeView) },
}
