import type { GraphQLResolveInfo } from 'graphql'
import { searchTickets } from '../domain/search/queries.ts'
import type { Found } from '../domain/search/schema.ts'
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
    ) =>
      connection(
        await desk.read(ticketsInView, { key, page: pageFrom(args, info, ticketList.filters, ticketList.members) }),
      ),
    searchTickets: async (
      _root: unknown,
      { condition, query, ...args }: ConnectionArgs & { condition?: unknown; query?: string | null },
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) => {
      const { data, ...page } = await desk.read(searchTickets, {
        ...(condition == null ? {} : { condition }),
        ...(query == null ? {} : { query }),
        ...pageFrom(args, info, {}),
      })
      return connection({ ...page, data: data.map(({ ticket, match }) => ({ ...ticket, match })) })
    },
    viewCount: (_root: unknown, { key }: Key, { desk }: Context) => desk.read(viewCount, { key }),
  },
  Mutation: { ...mutation(addView), ...mutation(changeView), ...mutation(removeView) },
}

/** Beside a ticket that was found by its words; null anywhere else. */
export const matchLoader = async (asked: { obj: Partial<Found> }[]) => asked.map(({ obj }) => obj.match ?? null)
