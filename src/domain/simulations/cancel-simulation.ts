import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { type RuleSimulation, SimulationAct } from './schema.ts'
import { forgetPasts, isUnfinished, lockSimulation, shownSimulation } from './store.ts'
import { ruleSimulations } from './table.ts'

/** Ends a simulation before its end; what it has found so far stays. */
export const cancelSimulation = defineCommand({
  name: 'cancelSimulation',
  group: 'rules',
  input: SimulationAct,

  async subject({ tx }, { key, simulationId }) {
    const simulation = await lockSimulation(tx, simulationId)
    if (simulation.ruleKey !== key) throw new Problem('simulation_not_found')
    return simulation
  },

  refuse: (actor, simulation) =>
    refuseAdminWork(actor) ?? (isUnfinished(simulation) ? undefined : 'simulation_finished'),

  handle(context, _input, simulation): RuleSimulation {
    context.update(ruleSimulations, simulation, { state: 'cancelled', finishedAt: context.now })
    forgetPasts(context, simulation.id)
    return shownSimulation(simulation)
  },
})
