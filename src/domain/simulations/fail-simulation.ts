import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { forgetPasts, isUnfinished, lockSimulation } from './store.ts'
import { ruleSimulations } from './table.ts'

/** A simulation that cannot go on says why. Internal. */
export const failSimulation = defineCommand({
  name: 'failSimulation',
  group: 'rules',
  input: Closed({ simulationId: Id(), detail: Type.String({ maxLength: 500 }) }),
  subject: ({ tx }, { simulationId }) => lockSimulation(tx, simulationId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, { detail }, simulation) {
    if (!isUnfinished(simulation)) return null
    context.update(ruleSimulations, simulation, { state: 'failed', detail, finishedAt: context.now })
    forgetPasts(context, simulation.id)
    return null
  },
})
