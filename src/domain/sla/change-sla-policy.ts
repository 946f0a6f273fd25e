import { lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { allCalendars } from '../calendars/store.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { checkPolicy, wholeTargets } from './checked.ts'
import { ChangeSlaPolicy, type SlaPolicy } from './schema.ts'
import { insertRevision, letTicketsFollow, lockPolicy } from './store.ts'
import { slaPolicies } from './table.ts'

/** Changes a policy, from now on: what has passed counts on, by what is promised now. Targets are given as a whole. */
export const changeSlaPolicy = defineCommand({
  name: 'changeSlaPolicy',
  group: 'vocabularies',
  input: ChangeSlaPolicy,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    const [policy, calendars, words] = await Promise.all([lockPolicy(tx, key), allCalendars(tx), vocabulary.load(tx)])
    return { tx, policy, calendars, words }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { key, expectedVersion, targets, ...input }, subject): Promise<SlaPolicy> {
    const { tx, policy, calendars, words } = subject
    const wanted = { ...input, ...(targets ? { targets: wholeTargets(targets) } : {}) }
    await refuseStale(tx, { id: key, version: policy.version }, expectedVersion, Object.keys(wanted))
    checkPolicy(wanted, words, new Set(calendars.map((each) => each.key)))
    const changes = changesBetween(policy, wanted)
    if (!Object.keys(changes).length) return policy
    context.update(slaPolicies, policy, { ...wanted, version: policy.version + 1, updatedAt: context.now })
    insertRevision(
      context,
      policy,
      calendars.find((each) => each.key === policy.calendar),
      words,
    )
    await letTicketsFollow(context)
    const object = { type: 'sla_policy', id: key, version: policy.version }
    context.emit({ type: 'sla_policy.changed', object, changes, data: { key } })
    return policy
  },
})
