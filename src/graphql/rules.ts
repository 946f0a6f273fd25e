import type { GraphQLResolveInfo } from 'graphql'
import { addRule } from '../domain/rules/add-rule.ts'
import { changeRule } from '../domain/rules/change-rule.ts'
import { explainRule, ruleQuery, ruleRunList, ruleRunsQuery, rulesQuery } from '../domain/rules/queries.ts'
import { removeRule } from '../domain/rules/remove-rule.ts'
import { ruleTimerList, ruleTimersQuery } from '../domain/rules/timers.ts'
import { testRule } from '../domain/rules/trial.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Testing = { key: string; ticketId: string; event?: string | null; rule?: object | null }
type Explaining = { ticketId: string; rule: string; event?: string | null }

export const ruleResolvers = {
  Query: {
    rules: (_root: unknown, _args: object, { desk }: Context) => desk.read(rulesQuery, {}),
    rule: (_root: unknown, { key }: { key: string }, { desk }: Context) => orNull(desk.read(ruleQuery, { key })),
    ruleRuns: async (
      _root: unknown,
      { ticketId, ...args }: ConnectionArgs & { ticketId: string },
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) => connection(await desk.read(ruleRunsQuery, { ticketId, page: pageFrom(args, info, ruleRunList.filters) })),
    ruleTimers: async (
      _root: unknown,
      { ticketId, ...args }: ConnectionArgs & { ticketId: string },
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) => connection(await desk.read(ruleTimersQuery, { ticketId, page: pageFrom(args, info, ruleTimerList.filters) })),
    explainRule: (_root: unknown, { ticketId, rule, event }: Explaining, { desk }: Context) =>
      desk.read(explainRule, { ticketId, rule, ...(event == null ? {} : { event }) }),
    testRule: (_root: unknown, { event, rule, ...rest }: Testing, { desk }: Context) =>
      desk.read(testRule, {
        ...rest,
        ...(event == null ? {} : { event }),
        ...(rule == null ? {} : { rule: rule as never }), // checked by the desk
      }),
  },
  Mutation: { ...mutation(addRule), ...mutation(changeRule), ...mutation(removeRule) },
}
