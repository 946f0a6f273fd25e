import { Type } from 'typebox'
import { readCondition } from '../../kernel/condition/parse.ts'
import { predicateOf } from '../../kernel/condition/predicate.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { type Vocabulary, vocabulary } from '../types/store.ts'
import type { Asked, SeenEvent } from './asked.ts'
import { circumstancesOf } from './circumstances.ts'
import { findingsOf, matches } from './decide.ts'
import type { SimulationProgress, TicketPast } from './schema.ts'
import {
  countEvents,
  forgetPasts,
  isUnfinished,
  lockSimulation,
  nextEvents,
  pastsOf,
  rememberPasts,
  type SimulationRow,
} from './store.ts'
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
    const pasts = await pastsOf(tx, simulationId, seen)
    return { simulation, due: { words, counted, seen, pasts } }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, _input, { simulation, due }) {
    if (!due) return null
    const asked = askable(simulation, due.words)
    if ('gone' in asked) {
      const detail = `Its condition names words that are gone: ${asked.gone}`
      context.update(ruleSimulations, simulation, { state: 'failed', detail, finishedAt: context.now })
      forgetPasts(context, simulation.id)
      return null
    }
    await advance(context, simulation, asked, due)
    return null
  },
})

/** Words may have gone while it waited. */
function askable({ rule, to, createdAt }: SimulationRow, words: Vocabulary): Asked | { gone: string } {
  const fields = ticketFields(words)
  const { condition, faults } = readCondition(rule.if, fields)
  if (!condition || faults.length) return { gone: faults.map(({ detail }) => detail).join('; ') }
  const until = to < createdAt ? to : createdAt
  return { rule, condition, holds: predicateOf(condition, fields), fields, until }
}

async function advance(
  context: CommandContext,
  simulation: SimulationRow,
  asked: Asked,
  { counted, seen, pasts }: { counted: number | undefined; seen: SeenEvent[]; pasts: ReadonlyMap<string, TicketPast> },
): Promise<void> {
  const { id: simulationId, ruleKey: key, rule, eventsMax, step, progress } = simulation
  const judged = seen.map((one) => ({ ...one, matches: matches(asked, one) }))
  const matching = judged.filter((one) => one.matches)
  const around = await circumstancesOf(context, { key, rule, until: asked.until }, matching)
  const { pasts: remembered, ...findings } = findingsOf(asked, judged, around, { ...simulation, pasts })
  const events = progress.events + seen.length
  const isDone = seen.length < STEP_EVENTS || events >= eventsMax
  context.update(ruleSimulations, simulation, {
    ...findings,
    state: isDone ? 'done' : 'running',
    progress: { ...(counted === undefined ? progress : totalOf(counted, eventsMax)), events },
    cursor: seen.at(-1)?.event.id ?? simulation.cursor,
    step: step + 1,
    startedAt: simulation.startedAt ?? context.now,
    finishedAt: isDone ? context.now : null,
  })
  if (isDone) return forgetPasts(context, simulationId)
  rememberPasts(context, simulationId, { before: pasts, after: remembered })
  context.enqueue({ queue: 'rule.simulate', data: { simulationId, step: step + 1 } })
}

const totalOf = (counted: number, eventsMax: number): Omit<SimulationProgress, 'events'> => ({
  total: Math.min(counted, eventsMax),
  totalIsCapped: counted > eventsMax,
})
