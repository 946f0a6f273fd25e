import { type Static, Type } from 'typebox'
import { Closed, Id, Key, Nullable, Timestamp } from '../../kernel/schema.ts'
import { Action, Finding, Position, RuleDraft, RuleKey, type TriedRule } from '../rules/schema.ts'

export const EVENTS_MAX = 100_000
export const SAMPLES_MAX = 20
export const MISSES_MAX = 5

export const simulationStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export const SimulationState = Type.Enum([...simulationStates])
export type SimulationState = Static<typeof SimulationState>

/** Without a period: the thirty days before now. Without a rule: the saved one as it says now. */
export const SimulateRule = Closed({
  key: RuleKey,
  rule: Type.Optional(Closed({ ...RuleDraft.properties, position: Type.Optional(Position) })),
  from: Type.Optional(Timestamp),
  to: Type.Optional(Timestamp),
  eventsMax: Type.Optional(
    Type.Integer({ minimum: 1, maximum: EVENTS_MAX, description: 'The earliest of the period, at most so many' }),
  ),
})

export const SimulationAct = Closed({ key: RuleKey, simulationId: Id() })

/**
 * fired: it would have acted; stopped: a rule before it had stopped the event; guarded: a limit would have held it back; waiting: it
 * would wait at the end of the period, or did so already; cancelled: an event would have ended its wait.
 */
export const SimulatedOutcome = Type.Enum(['fired', 'stopped', 'guarded', 'waiting', 'cancelled', 'not_matched'])
export type SimulatedOutcome = Static<typeof SimulatedOutcome>

export const SimulatedEvent = Closed(
  {
    ticketId: Id(),
    eventId: Id(),
    eventType: Type.String(),
    at: Timestamp,
    outcome: SimulatedOutcome,
    detail: Nullable(
      Type.String({ description: 'What stopped it, held it back or ended its wait, or since when it was waiting' }),
    ),
    dueAt: Nullable({ ...Timestamp, description: 'When its wait is over; null where it began none' }),
    failedCondition: Nullable(Finding),
    conditions: Type.Array(Finding),
    actions: Type.Array(Action, { description: 'What it would have done; nothing was done' }),
  },
  { $id: 'SimulatedEvent' },
)
export type SimulatedEvent = Static<typeof SimulatedEvent>

const Count = Type.Integer({ minimum: 0 })

export const SimulationProgress = Closed({
  events: { ...Count, description: 'Looked at' },
  total: Nullable(Count),
  totalIsCapped: Type.Boolean({ description: 'There are more; those are not looked at' }),
})
export type SimulationProgress = Static<typeof SimulationProgress>

/** That a rule would have fired on a ticket, in what began at one moment with one request. */
export interface Firing {
  at: string
  requestId: string | null
}

/** A wait that a rule would have begun on a ticket. */
interface BegunWait {
  eventId: string
  dueAt: string
  /** The event with which it was over, where one is kept. */
  overWith: string | null
}

/** What a simulated rule would have done to a ticket before: its last firings, for the guards, and its last wait. */
export interface TicketPast {
  firings: Firing[]
  wait: BegunWait | null
}

/** Of the events that were looked at, each one as one of these: a rule that waits is counted with what its wait would have come to. */
export const SimulationCounts = Closed({
  fired: Count,
  stopped: Count,
  guarded: Count,
  waiting: { ...Count, description: 'It would wait at the end of the period, or did so already' },
  cancelled: { ...Count, description: 'An event would have ended its wait' },
  notMatched: Count,
  unknown: { ...Count, description: 'Their facts were erased' },
})
export type SimulationCounts = Static<typeof SimulationCounts>

export const RuleSimulation = Closed(
  {
    id: Id(),
    ruleKey: Key(),
    revision: Nullable(Type.Integer({ description: 'Of the saved rule; null for a draft' })),
    rule: Type.Unsafe<TriedRule>(Type.Ref('TriedRule')),
    from: Timestamp,
    to: Timestamp,
    eventsMax: Count,
    state: SimulationState,
    progress: SimulationProgress,
    counts: SimulationCounts,
    samples: Type.Array(Type.Unsafe<SimulatedEvent>(Type.Ref('SimulatedEvent')), {
      description: `The first ${SAMPLES_MAX} whose conditions held`,
    }),
    misses: Type.Array(Type.Unsafe<SimulatedEvent>(Type.Ref('SimulatedEvent')), {
      description: `The first ${MISSES_MAX} whose conditions did not hold`,
    }),
    detail: Nullable(Type.String({ description: 'Why it failed' })),
    createdById: Nullable(Id()),
    createdAt: Timestamp,
    startedAt: Nullable(Timestamp),
    finishedAt: Nullable(Timestamp),
  },
  { $id: 'RuleSimulation', description: 'What a rule would have done at past events; nothing was done' },
)
export type RuleSimulation = Static<typeof RuleSimulation>

/** By their names in the graph. */
export const simulationSchemas = { SimulatedEvent, SimulationProgress, SimulationCounts, RuleSimulation }

declare module '../../kernel/jobs.ts' {
  interface JobData {
    'rule.simulate': { simulationId: string; step: number }
  }
}
