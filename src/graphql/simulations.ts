import type { GraphQLResolveInfo } from 'graphql'
import { cancelSimulation } from '../domain/simulations/cancel-simulation.ts'
import { ruleSimulation, ruleSimulationList, ruleSimulationsQuery } from '../domain/simulations/queries.ts'
import { simulateRule } from '../domain/simulations/simulate-rule.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

export const simulationResolvers = {
  Query: {
    ruleSimulation: (_root: unknown, named: { key: string; simulationId: string }, { desk }: Context) =>
      orNull(desk.read(ruleSimulation, { ...named })),
    ruleSimulations: async (
      _root: unknown,
      { key, ...args }: ConnectionArgs & { key: string },
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) =>
      connection(
        await desk.read(ruleSimulationsQuery, { key, page: pageFrom(args, info, ruleSimulationList.filters) }),
      ),
  },
  Mutation: { ...mutation(simulateRule), ...mutation(cancelSimulation) },
}
