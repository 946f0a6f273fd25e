import { lockConfiguration } from '../../kernel/bump.ts'
import { after, DAY_MS, type Instant, MINUTE_MS } from '../../kernel/clock.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { idBefore, newId } from '../../kernel/ids.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { draftedRule } from '../rules/draft.ts'
import { EVENTS_MAX, type RuleSimulation, SimulateRule } from './schema.ts'
import { countUnfinished, type SimulationRow, shownSimulation } from './store.ts'
import { ruleSimulations } from './table.ts'

const UNFINISHED_MAX = 10
const PERIOD_MS = 30 * DAY_MS

/**
 * Tries a rule, saved or not, on the events of a period, by the evaluator that runs. Nothing is done and nothing sent; a job does it, in
 * steps.
 */
export const simulateRule = defineCommand({
  name: 'simulateRule',
  group: 'rules',
  input: SimulateRule,

  async subject({ tx, now, ...context }, { key, rule = {}, from, to }) {
    const period = periodOf(from, to, now)
    // those who start at once are counted one after another
    await lockConfiguration(tx)
    const [drafted, unfinished] = await Promise.all([draftedRule(tx, context, key, rule), countUnfinished(tx)])
    return { drafted, unfinished, period }
  },

  refuse: (actor, { unfinished }) =>
    refuseAdminWork(actor) ?? (unfinished >= UNFINISHED_MAX ? 'too_many_simulations' : undefined),

  handle({ insert, enqueue, actor, now }, { key, rule: draft, eventsMax = EVENTS_MAX }, found): RuleSimulation {
    const { drafted, period } = found
    const simulation: SimulationRow = {
      id: newId('sim'),
      ruleKey: key,
      revision: draft ? null : (drafted.saved?.revision ?? null),
      rule: drafted.rule,
      ...period,
      eventsMax,
      state: 'queued',
      progress: { events: 0, total: null, totalIsCapped: false },
      counts: { fired: 0, stopped: 0, guarded: 0, waiting: 0, cancelled: 0, notMatched: 0, unknown: 0 },
      samples: [],
      misses: [],
      detail: null,
      createdById: actor.kind === 'person' ? actor.id : null,
      createdAt: now,
      startedAt: null,
      finishedAt: null,
      step: 0,
      // an event's moment is taken before its id is made, perhaps by a clock that is ahead
      cursor: idBefore('evt', after(period.from, -MINUTE_MS)),
    }
    insert(ruleSimulations, simulation)
    enqueue({ queue: 'rule.simulate', data: { simulationId: simulation.id, step: 0 } })
    return shownSimulation(simulation)
  },
})

function periodOf(from: string | undefined, to: string | undefined, now: Instant): { from: Instant; to: Instant } {
  const until = instantIn('/to', to) ?? now
  const since = instantIn('/from', from) ?? after(until, -PERIOD_MS)
  if (since > until) throw invalid('/from', 'range', 'comes after the end of the period')
  return { from: since, to: until }
}
