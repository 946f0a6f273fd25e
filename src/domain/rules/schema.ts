import { type Static, Type } from 'typebox'
import type { Condition } from '../../kernel/condition/language.ts'
import { Closed, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

/** Events that a rule can listen to: those that keep the facts of their ticket. */
export const ruleEvents = [
  'ticket.opened',
  'ticket.changed',
  'ticket.assigned',
  'ticket.replied',
  'ticket.noted',
  'conversation.replied',
  'ticket.restored',
  'ticket.merged',
  'ticket.split',
  'message.held',
  'mail.bounced',
  'contract.threshold_reached',
  'sla.warning',
  'sla.breached',
] as const
const RuleEvent = Type.Enum([...ruleEvents])

const ACTIONS_MAX = 20
const TYPES_MAX = 50

/** A command by its name, and what it is given; the ticket is that of the event. */
export const Action = Type.Unsafe<Action>(
  Type.Object({ action: Type.String({ maxLength: 64 }) }, { additionalProperties: true }),
)
export type Action = { action: string } & Record<string, unknown>

// its members are those of conditions: a serializer prints only members that it knows, or all
const If = Type.Unsafe<Condition>({
  type: 'object',
  additionalProperties: true,
  description: 'A condition; {"all": []} always holds',
})
export const RuleKey = Key('lower_snake, never changed')
export const Position = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Rules run in this order' })
const RuleState = Type.Enum(['draft', 'published'], { description: 'A draft never runs' })

/** A leap year. */
const WAIT_SECONDS_MAX = 31_622_400
const seconds = Type.Integer({ minimum: 1, maximum: WAIT_SECONDS_MAX, description: 'From the event on' })
const unless = Type.Array(RuleEvent, { uniqueItems: true, description: 'Events of the ticket that end the wait' })

/** How long a rule waits after its event before it acts, and what ends the wait before. */
export const RuleWait = Closed({ seconds, unless })
export type RuleWait = Static<typeof RuleWait>
const WaitInput = Nullable(Closed({ seconds, unless: Type.Optional(unless) }))
export type WaitInput = Static<typeof WaitInput>

const definition = {
  name: Line(200),
  on: Type.Array(RuleEvent, { minItems: 1, uniqueItems: true }),
  types: Nullable(Type.Array(Key(), { minItems: 1, maxItems: TYPES_MAX, uniqueItems: true })),
  if: If,
  after: Nullable(RuleWait),
  then: Type.Array(Action, { minItems: 1, maxItems: ACTIONS_MAX }),
  position: Position,
  enabled: Type.Boolean(),
  state: RuleState,
  stop: Type.Boolean({ description: 'Once it has fired, later rules of the same event are not run' }),
  reactToRules: Type.Boolean({ description: 'Takes part in what other rules did' }),
}
/** What a rule says; each change of it is a revision. */
export const RuleDefinition = Closed(definition)
export type RuleDefinition = Static<typeof RuleDefinition>

export const Rule = Closed(
  { key: RuleKey, ...definition, revision: Type.Integer(), createdAt: Timestamp, updatedAt: Timestamp },
  { $id: 'Rule' },
)
export type Rule = Static<typeof Rule>

const optional = {
  types: Type.Optional(definition.types),
  after: Type.Optional(WaitInput),
  position: Type.Optional(Position),
  enabled: Type.Optional(definition.enabled),
  state: Type.Optional(RuleState),
  stop: Type.Optional(definition.stop),
  reactToRules: Type.Optional(definition.reactToRules),
}
export const AddRule = Closed({
  key: RuleKey,
  name: definition.name,
  on: definition.on,
  if: If,
  then: definition.then,
  ...optional,
})
export type AddRule = Static<typeof AddRule>

export const ChangeRule = Closed({
  key: RuleKey,
  name: Type.Optional(definition.name),
  on: Type.Optional(definition.on),
  if: Type.Optional(If),
  then: Type.Optional(definition.then),
  ...optional,
})
export const RuleAct = Closed({ key: RuleKey })

/** fired: it acted; stopped: an earlier rule stopped it; guarded: a limit held it back; failed: an action of it was refused. */
export const runOutcomes = ['fired', 'stopped', 'guarded', 'failed', 'suppressed'] as const
export const RunOutcome = Type.Enum([...runOutcomes])
export type RunOutcome = Static<typeof RunOutcome>

export const RuleRun = Closed(
  {
    id: Id(),
    ruleKey: Key(),
    revision: Type.Integer(),
    eventId: Id(),
    ticketId: Id(),
    outcome: RunOutcome,
    changes: Type.Record(Type.String(), Type.Unknown(), { description: 'Fields of the ticket: { from, to }' }),
    detail: Nullable(Type.String()),
    at: Timestamp,
  },
  { $id: 'RuleRun', description: 'What a rule did at an event' },
)
export type RuleRun = Static<typeof RuleRun>

export const Finding = Closed({
  field: Type.String(),
  op: Type.String(),
  value: Type.Unknown(),
  actual: Type.Unknown(),
  held: Type.Boolean(),
})

/** Why a rule did what it did at an event, or why it did nothing. */
export const RuleExplanation = Closed(
  {
    ruleKey: Key(),
    revision: Type.Integer(),
    eventId: Id(),
    outcome: Type.Enum([...runOutcomes, 'not_matched', 'waiting', 'cancelled']),
    reason: Type.String(),
    failedCondition: Nullable(Finding),
    conditions: Type.Array(Finding),
  },
  { $id: 'RuleExplanation' },
)
export type RuleExplanation = Static<typeof RuleExplanation>

/** What is tried in place of what a saved rule says. */
export const RuleDraft = Closed({
  on: Type.Optional(definition.on),
  types: Type.Optional(definition.types),
  if: Type.Optional(If),
  after: Type.Optional(WaitInput),
  then: Type.Optional(definition.then),
  reactToRules: Type.Optional(definition.reactToRules),
})
export type RuleDraft = Static<typeof RuleDraft>

/** What counts in a trial. */
export const TriedRule = Closed(
  {
    on: definition.on,
    types: definition.types,
    if: If,
    after: definition.after,
    then: definition.then,
    reactToRules: definition.reactToRules,
    position: Position,
  },
  { $id: 'TriedRule' },
)
export type TriedRule = Static<typeof TriedRule>

export const RuleTimer = Closed(
  {
    id: Id(),
    ruleKey: Key(),
    revision: Type.Integer({ description: 'That of the rule when the wait began' }),
    ticketId: Id(),
    eventId: Id('What began the wait'),
    dueAt: Timestamp,
    createdAt: Timestamp,
  },
  { $id: 'RuleTimer', description: 'A rule that waits before it acts on a ticket' },
)
export type RuleTimer = Static<typeof RuleTimer>

/** A rule on trial: the saved one, or what is given here in place of what it says. */
export const TestRule = Closed({
  key: RuleKey,
  ticketId: TicketRef,
  event: Type.Optional(Id('Without it: the latest event of this ticket that the rule listens to')),
  rule: Type.Optional(RuleDraft),
})

export const RuleTrial = Closed(
  {
    eventId: Id(),
    eventType: Type.String(),
    matches: Type.Boolean(),
    reason: Type.String(),
    failedCondition: Nullable(Finding),
    conditions: Type.Array(Finding),
    after: Nullable(RuleWait),
    actions: Type.Array(Action, { description: 'What it would do; nothing was done' }),
  },
  { $id: 'RuleTrial', description: 'What a rule would have done at an event' },
)
export type RuleTrial = Static<typeof RuleTrial>

export const ExplainRule = Closed({
  ticketId: TicketRef,
  rule: Key(),
  event: Type.Optional(Id('Without it: the latest event of this ticket that the rule listens to')),
})

declare module '../../kernel/events.ts' {
  interface EventData {
    'rule.failed': { ruleKey: string; runId: string; code: string }
    'rule.guarded': { ruleKey: string; runId: string; reason: string }
    'rule.due': { ruleKey: string; dueAt: string }
    'rule.added': { key: string }
    'rule.changed': { key: string }
    'rule.removed': { key: string }
  }
}
