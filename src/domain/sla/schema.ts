import { type Static, Type } from 'typebox'
import type { Condition } from '../../kernel/condition/language.ts'
import { Closed, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import type { Calendar } from '../calendars/schema.ts'
import { TicketRef } from '../tickets/schema.ts'
import { statusCategories } from '../types/schema.ts'

export const slaMetrics = ['firstReply', 'nextReply', 'resolution'] as const
export const SlaMetric = Type.Enum([...slaMetrics])
export type SlaMetric = Static<typeof SlaMetric>

/** running: time counts, where the calendar says so; paused: by its status; met; stopped: the ticket is done, gone or without a policy. */
export const slaStates = ['running', 'paused', 'met', 'stopped'] as const
const SlaState = Type.Enum([...slaStates])
export type SlaState = Static<typeof SlaState>

const slaEntryKinds = [
  'opened',
  'takenUp',
  'customerMessage',
  'staffReply',
  'moved',
  'bound',
  'warned',
  'breached',
] as const
const SlaEntryKind = Type.Enum([...slaEntryKinds])
export type SlaEntryKind = Static<typeof SlaEntryKind>

const TARGETS_MAX = 50
const STATUSES_MAX = 100
/** A leap year. */
const SECONDS_MAX = 31_622_400

const seconds = Nullable(Type.Integer({ minimum: 1, maximum: SECONDS_MAX }))
const priority = Nullable(Key('Null: all priorities that have no target of their own'))

/** What is promised for one priority. */
export const SlaTarget = Closed({
  priority,
  firstReplySeconds: seconds,
  nextReplySeconds: seconds,
  resolutionSeconds: seconds,
})
export type SlaTarget = Static<typeof SlaTarget>

const TargetInput = Closed({
  priority,
  firstReplySeconds: Type.Optional(seconds),
  nextReplySeconds: Type.Optional(seconds),
  resolutionSeconds: Type.Optional(seconds),
})
const targets = Type.Array(TargetInput, { minItems: 1, maxItems: TARGETS_MAX })
export type TargetInput = Static<typeof TargetInput>

// its members are those of conditions: a serializer prints only members that it knows, or all
const If = Type.Unsafe<Condition>({
  type: 'object',
  additionalProperties: true,
  description: 'A condition on what a ticket is; {"all": []} always holds',
})
const SlaPolicyKey = Key('lower_snake, never changed')

const said = {
  name: Line(200),
  position: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'The first policy whose condition holds counts',
  }),
  if: If,
  calendar: Nullable(Key('By whose hours time counts; null: round the clock')),
  pausedIn: Nullable(
    Type.Array(Key(), {
      maxItems: STATUSES_MAX,
      uniqueItems: true,
      description: 'Statuses in which time stands still; null: those that say so themselves (pausesSla)',
    }),
  ),
  warningPercent: Nullable(
    Type.Integer({ minimum: 1, maximum: 99, description: 'Of the target, when it warns; null: never' }),
  ),
  enabled: Type.Boolean(),
}

export const SlaPolicy = Closed(
  {
    key: SlaPolicyKey,
    ...said,
    targets: Type.Array(SlaTarget),
    version: Type.Integer({ description: 'Rises with its calendar, too' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { $id: 'SlaPolicy', description: 'In what time tickets are to be answered and solved' },
)
export type SlaPolicy = Static<typeof SlaPolicy>

const optional = {
  position: Type.Optional(said.position),
  calendar: Type.Optional(said.calendar),
  pausedIn: Type.Optional(said.pausedIn),
  warningPercent: Type.Optional(said.warningPercent),
  enabled: Type.Optional(said.enabled),
}
export const AddSlaPolicy = Closed({ key: SlaPolicyKey, name: said.name, if: Type.Optional(If), targets, ...optional })
export const ChangeSlaPolicy = Closed({
  key: SlaPolicyKey,
  expectedVersion: ExpectedVersion,
  name: Type.Optional(said.name),
  if: Type.Optional(If),
  targets: Type.Optional(targets),
  ...optional,
})
export const SlaPolicyAct = Closed({ key: SlaPolicyKey })

/** So much of a policy as clocks are counted by, with the calendar as it was then. */
export interface SlaDefinition {
  targets: SlaTarget[]
  pausedIn: string[]
  warningPercent: number | null
  calendar: (Pick<Calendar, 'timeZone' | 'hours' | 'holidays'> & { key: string; version: number }) | null
}

const clock = {
  id: Id(),
  ticketId: Id(),
  metric: SlaMetric,
  state: SlaState,
  policyKey: Nullable(Key()),
  policyVersion: Nullable(Type.Integer()),
  startedAt: Timestamp,
  targetSeconds: Type.Integer(),
  elapsedSeconds: Type.Number({ description: 'What has counted so far, to the millisecond' }),
  remainingSeconds: Type.Number({ description: 'Less than nothing once it is breached' }),
  dueAt: Nullable({ ...Timestamp, description: 'Null while it stands still, or where ten years are not enough' }),
  metAt: Nullable(Timestamp),
  warnedAt: Nullable(Timestamp),
  breachedAt: Nullable({ ...Timestamp, description: 'A breach stays one, whatever is promised later' }),
}
export const SlaClock = Closed(clock, { $id: 'SlaClock', description: 'How one promise stands' })
export type SlaClock = Static<typeof SlaClock>

const SlaPhase = Type.Enum(['running', 'paused', 'solved', 'gone', 'unbound'])
export type SlaPhase = Static<typeof SlaPhase>

export const TicketSla = Closed(
  {
    ticketId: Id(),
    policyKey: Nullable(Key()),
    policyVersion: Nullable(Type.Integer()),
    priority: Nullable(Key('Whose target counts')),
    phase: SlaPhase,
    clocks: Type.Array(Type.Unsafe<SlaClock>(Type.Ref('SlaClock'))),
  },
  { $id: 'TicketSla', description: 'What is promised for a ticket, and how that stands' },
)
export type TicketSla = Static<typeof TicketSla>

const StretchReason = Type.Enum([
  'running',
  'outsideHours',
  'holiday',
  'paused',
  'solved',
  'gone',
  'unbound',
  'earlier',
])
export const SlaStretch = Closed(
  {
    from: Timestamp,
    to: Timestamp,
    counted: Type.Boolean({ description: 'Of what is earlier: whether any of it is' }),
    why: StretchReason,
    status: Nullable(Key()),
    seconds: Type.Number(),
    countedSeconds: Type.Number(),
  },
  { $id: 'SlaStretch', description: 'A part of the life of a clock; together they are all of it, each second once' },
)
export type SlaStretch = Static<typeof SlaStretch>

export const SlaLogEntry = Closed(
  {
    sequence: Type.Integer(),
    at: Timestamp,
    what: SlaEntryKind,
    policyKey: Nullable(Key()),
    policyVersion: Nullable(Type.Integer()),
    priority: Nullable(Key()),
    status: Nullable(Key()),
    statusCategory: Nullable(Type.Enum([...statusCategories])),
    isGone: Nullable(Type.Boolean({ description: 'Deleted, spam, or merged into another' })),
    isReplied: Nullable(Type.Boolean()),
    awaitsReply: Nullable(Type.Boolean()),
    metric: Nullable(SlaMetric),
  },
  { $id: 'SlaLogEntry' },
)
export type SlaLogEntry = Static<typeof SlaLogEntry>

export const ExplainedClock = Closed(
  {
    ...clock,
    stretches: Type.Array(Type.Unsafe<SlaStretch>(Type.Ref('SlaStretch'))),
    isCapped: Type.Boolean({ description: 'Whether the first stretch holds several' }),
  },
  { $id: 'ExplainedClock' },
)
export type ExplainedClock = Static<typeof ExplainedClock>
export const SlaExplanation = Closed(
  {
    ticketId: Id(),
    log: Type.Array(Type.Unsafe<SlaLogEntry>(Type.Ref('SlaLogEntry'))),
    isCapped: Type.Boolean({ description: 'Whether the log has more entries than these, its latest' }),
    clocks: Type.Array(Type.Unsafe<ExplainedClock>(Type.Ref('ExplainedClock'))),
  },
  { $id: 'SlaExplanation', description: 'How the clocks of a ticket came to stand so' },
)
export type SlaExplanation = Static<typeof SlaExplanation>

export const TicketSlaInput = Closed({ ticketId: TicketRef })

export const slaSchemas = {
  SlaTarget,
  SlaPolicy,
  SlaClock,
  TicketSla,
  SlaStretch,
  SlaLogEntry,
  ExplainedClock,
  SlaExplanation,
}

interface SlaFired {
  metric: SlaMetric
  policyKey: string
  dueAt: string
}

declare module '../../kernel/events.ts' {
  interface EventData {
    'sla_policy.added': { key: string }
    'sla_policy.changed': { key: string }
    'sla_policy.removed': { key: string }
    'sla.warning': SlaFired
    'sla.breached': SlaFired
  }
}

declare module '../../kernel/jobs.ts' {
  interface JobData {
    'sla.follow': { after: string | null }
  }
}
