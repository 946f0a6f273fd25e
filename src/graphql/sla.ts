import type { GraphQLResolveInfo } from 'graphql'
import { addSlaPolicy } from '../domain/sla/add-sla-policy.ts'
import { changeSlaPolicy } from '../domain/sla/change-sla-policy.ts'
import { explainTicketSla } from '../domain/sla/explain.ts'
import {
  slaByTicket,
  slaClockList,
  slaClocksQuery,
  slaPoliciesQuery,
  slaPolicy,
  ticketSla,
} from '../domain/sla/queries.ts'
import { removeSlaPolicy } from '../domain/sla/remove-sla-policy.ts'
import { isStaff } from '../kernel/actor.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

export const slaResolvers = {
  Query: {
    slaPolicies: (_root: unknown, _args: object, { desk }: Context) => desk.read(slaPoliciesQuery, {}),
    slaPolicy: (_root: unknown, { key }: { key: string }, { desk }: Context) => orNull(desk.read(slaPolicy, { key })),
    ticketSla: (_root: unknown, input: { ticketId: string }, { desk }: Context) => desk.read(ticketSla, input),
    explainTicketSla: (_root: unknown, input: { ticketId: string }, { desk }: Context) =>
      desk.read(explainTicketSla, input),
    slaClocks: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(slaClocksQuery, pageFrom(args, info, slaClockList.filters))),
  },
  Mutation: { ...mutation(addSlaPolicy), ...mutation(changeSlaPolicy), ...mutation(removeSlaPolicy) },
}

/** One query for a whole page of tickets; requesters are told nothing of it. */
export const slaLoader = async (asked: { obj: { id: string } }[], { desk }: Context) => {
  const ticketIds = [...new Set(asked.map(({ obj }) => obj.id))]
  const found = isStaff(desk.actor) ? await desk.read(slaByTicket, { ticketIds }) : undefined
  return asked.map(({ obj }) => found?.get(obj.id) ?? null)
}
