import type { Static, TSchema } from 'typebox'
import { backlogReport } from '../domain/statistics/backlog.ts'
import { dashboard } from '../domain/statistics/dashboard.ts'
import { ticketDistribution } from '../domain/statistics/distribution.ts'
import { ticketReport } from '../domain/statistics/tickets.ts'
import { timeReport } from '../domain/statistics/time.ts'
import type { Query } from '../kernel/desk.ts'
import type { Context } from './context.ts'

/** What is null was not given. */
const present = <T extends object>(input: T): T =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null)) as T // what is optional is left out

const report =
  <I extends TSchema, R>(query: Query<I, R>) =>
  (_root: unknown, { input }: { input: Static<I> & object }, { desk }: Context) =>
    desk.read(query, present(input))

export const statisticsResolvers = {
  Query: {
    timeReport: report(timeReport),
    ticketReport: report(ticketReport),
    backlogReport: report(backlogReport),
    ticketDistribution: report(ticketDistribution),
    dashboard: (_root: unknown, _args: object, { desk }: Context) => desk.read(dashboard, {}),
  },
  Mutation: {},
}
