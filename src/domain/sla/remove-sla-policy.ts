import { lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { SlaPolicyAct } from './schema.ts'
import { letTicketsFollow, lockPolicy } from './store.ts'
import { slaPolicies } from './table.ts'

/** Removes a policy: its tickets go by the next one that holds, or by none. What it said when stays, for what it decided. */
export const removeSlaPolicy = defineCommand({
  name: 'removeSlaPolicy',
  group: 'vocabularies',
  input: SlaPolicyAct,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    return lockPolicy(tx, key)
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { key }, policy) {
    context.remove(slaPolicies, policy)
    await letTicketsFollow(context)
    const object = { type: 'sla_policy', id: key, version: policy.version }
    context.emit({ type: 'sla_policy.removed', object, data: { key } })
    return { id: key }
  },
})
