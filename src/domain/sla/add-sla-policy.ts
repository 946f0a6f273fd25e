import { lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { allCalendars } from '../calendars/store.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { checkPolicy, wholeTargets } from './checked.ts'
import { AddSlaPolicy, type SlaPolicy } from './schema.ts'
import { allPolicies, insertRevision, lastVersionOf, letTicketsFollow, POLICIES_MAX } from './store.ts'
import { slaPolicies } from './table.ts'

const POSITION_STEP = 10
const WARNING_PERCENT = 80

/** A new policy; tickets follow it from now on, living ones too. Without a position it comes last. */
export const addSlaPolicy = defineCommand({
  name: 'addSlaPolicy',
  group: 'vocabularies',
  input: AddSlaPolicy,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    const [existing, calendars, words, last] = await Promise.all([
      allPolicies(tx),
      allCalendars(tx),
      vocabulary.load(tx),
      lastVersionOf(tx, key),
    ])
    return { existing, calendars, words, last }
  },

  refuse: (actor, { existing }, { key }) =>
    refuseAdminWork(actor) ?? (existing.some((each) => each.key === key) ? 'key_taken' : undefined),

  async handle(context, { targets, ...input }, { existing, calendars, words, last }): Promise<SlaPolicy> {
    if (existing.length >= POLICIES_MAX) throw invalid('/key', 'too_many', `there are ${POLICIES_MAX} already`)
    checkPolicy({ ...input, targets }, words, new Set(calendars.map(({ key }) => key)))
    const { now } = context
    const policy: SlaPolicy = {
      if: { all: [] },
      calendar: null,
      pausedIn: null,
      warningPercent: WARNING_PERCENT,
      enabled: true,
      position: (existing.at(-1)?.position ?? 0) + POSITION_STEP,
      ...input,
      targets: wholeTargets(targets),
      version: last + 1,
      createdAt: now,
      updatedAt: now,
    }
    context.insert(slaPolicies, policy)
    insertRevision(
      context,
      policy,
      calendars.find(({ key }) => key === policy.calendar),
      words,
    )
    await letTicketsFollow(context)
    const { key, version } = policy
    context.emit({ type: 'sla_policy.added', object: { type: 'sla_policy', id: key, version }, data: { key } })
    return policy
  },
})
