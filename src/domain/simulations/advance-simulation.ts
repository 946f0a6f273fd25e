import { Type } from 'typebox'
import { readCondition } from '../../kernel/condition/parse.ts'
import { predicateOf } from '../../kernel/condition/predicate.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import type { TriedRule } from '../rules/schema.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { type Vocabulary, vocabulary } from '../types/store.ts'
import { type Asked, findingsOf, matches, type SeenEvent } from './decide.ts'
import type { SimulationProgress } from './schema.ts'
import { circumstancesOf, countEvents, isUnfinished, lockSimulation, nextEvents, type SimulationRow } from './store.ts'
import { ruleSimulations } from './table.ts'

const STEP_EVENTS = 500

/**
 * The next events of a simulation. What it found and how far it came are written together: whoever is killed has lost one step, and a
 * job that comes twice finds its step made. Internal.
 */
export const advanceSimulation = defineCommand({
  name: 'advanceSimulation',
  group: 'rules',
  input: Closed({ simulationId: Id(), step: Type.Integer({ minimum: 0 }) }),

  async subject({ tx, cached }, { simulationId, step }) {
    const simulation = await lockSimulation(tx, simulationId)
    if (!isUnfinished(simulation) || simulation.step !== step) return { simulation }
    const { rule, from, to, cursor, eventsMax, progress } = simulation
    const period = { types: rule.on, from, to, after: cursor }
    const [words, counted, seen] = await Promise.all([
      cached(vocabulary),
      progress.total === null ? countEvents(tx, { ...period, max: eventsMax + 1 }) : undefined,
      nextEvents(tx, { ...period, max: Math.min(STEP_EVENTS, eventsMax - progress.events) }),
    ])
    return { simulation, due: { words, counted, seen } }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, _input, { simulation, due }) {
    if (!due) return null
    const asked = askable(simulation.rule, due.words)
    if ('gone' in asked) {
      const detail = `Its condition names words that are gone: ${asked.gone}`
      context.update(ruleSimulations, simulation, { state: 'failed', detail, finishedAt: context.now })
      return null
    }
    await advance(context, simulation, asked, due)
    return null
  },
})

/** Words may have gone while it waited. */
function askable(rule: TriedRule, words: Vocabulary): Asked | { gone: string } {
  const fields = ticketFields(words)
  const { condition, faults } = readCondition(rule.if, fields)
  if (!condition || faults.length) return { gone: faults.map(({ detail }) => detail).join('; ') }
  return { rule, condition, holds: predicateOf(condition, fields), fields }
}

async function advance(
  { update, enqueue, query, now }: CommandContext,
  simulation: SimulationRow,
  asked: Asked,
  { counted, seen }: { counted: number | undefined; seen: SeenEvent[] },
): Promise<void> {
  const { eventsMax, step, progress } = simulation
  const judged = seen.map((one) => ({ ...one, matches: matches(asked, one) }))
  const matching = judged.filter((one) => one.matches)
  const circumstances = await circumstancesOf({ query }, simulation, matching)
  const events = progress.events + seen.length
  const isDone = seen.length < STEP_EVENTS || events >= eventsMax
  update(ruleSimulations, simulation, {
    ...findingsOf(asked, judged, circumstances, simulation),
    state: isDone ? 'done' : 'running',
    progress: { ...(counted === undefined ? progress : totalOf(counted, eventsMax)), events },
    cursor: seen.at(-1)?.event.id ?? simulation.cursor,
    step: step + 1,
    startedAt: simulation.startedAt ?? now,
    finishedAt: isDone ? now : null,
  })
  if (!isDone) enqueue({ queue: 'rule.simulate', data: { simulationId: simulation.id, step: step + 1 } })
}

const totalOf = (counted: number, eventsMax: number): Omit<SimulationProgress, 'events'> => ({
  total: Math.min(counted, eventsMax),
  totalIsCapped: counted > eventsMax,
})
