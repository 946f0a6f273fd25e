import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { RuleKey, TriedRule } from '../domain/rules/schema.ts'
import { cancelSimulation } from '../domain/simulations/cancel-simulation.ts'
import { ruleSimulation, ruleSimulationList, ruleSimulationsQuery } from '../domain/simulations/queries.ts'
import { RuleSimulation, SimulatedEvent } from '../domain/simulations/schema.ts'
import { simulateRule } from '../domain/simulations/simulate-rule.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Rules'

export function simulationRoutes(app: FastifyInstance): void {
  for (const schema of [TriedRule, SimulatedEvent, RuleSimulation]) app.addSchema(schema)
  const response = Type.Ref('RuleSimulation')
  commandRoute(app, {
    method: 'POST',
    url: '/rules/:key/simulations',
    command: simulateRule,
    status: 202,
    response,
    location: ({ ruleKey, id }) => `/v1/rules/${ruleKey}/simulations/${id}`,
    tag,
    summary: 'Try a rule, saved or not, on the events of a period; nothing is done',
    problems: ['rule_not_found', 'too_many_simulations'],
  })
  listRoute(app, {
    url: '/rules/:key/simulations',
    tag,
    summary: 'The simulations of a rule',
    query: ruleSimulationsQuery,
    list: ruleSimulationList,
    item: response,
    params: Type.Object({ key: RuleKey }, { additionalProperties: false }),
    properties: Object.keys(RuleSimulation.properties),
    read: (desk, page, { key = '' }) => desk.read(ruleSimulationsQuery, { key, page }),
  })
  queryRoute(app, {
    url: '/rules/:key/simulations/:simulationId',
    query: ruleSimulation,
    response,
    tag,
    summary: 'How far a simulation is, and what it has found',
    problems: ['simulation_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/rules/:key/simulations/:simulationId/cancel',
    command: cancelSimulation,
    status: 200,
    response,
    tag,
    summary: 'End a simulation before its end',
    problems: ['simulation_not_found', 'simulation_finished'],
  })
}
