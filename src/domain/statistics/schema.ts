import { type Static, Type } from 'typebox'
import { ConditionInput } from '../../kernel/condition/schema.ts'
import { Closed, Id, Key, Nullable, Timestamp } from '../../kernel/schema.ts'
import type { Money } from '../time/schema.ts'

/** By what time is summed. `team` is the ticket's; days, weeks and months are those of the zone that is asked for. */
const timeGroups = [
  'person',
  'ticket',
  'team',
  'requester',
  'organization',
  'project',
  'type',
  'activity',
  'source',
  'day',
  'week',
  'month',
] as const
export type TimeGroup = (typeof timeGroups)[number]

/** A report has at most so many rows: more is for reading entries. */
export const REPORT_ROWS_MAX = 10_000

const groupBy = Type.Array(Type.Enum([...timeGroups]), { minItems: 1, maxItems: 3, uniqueItems: true })

export const TimeReportInput = Closed({
  from: Type.Optional({ ...Timestamp, description: 'Entries that began then or later' }),
  to: Type.Optional({ ...Timestamp, description: 'Entries that began before' }),
  timeZone: Type.Optional(Type.String({ maxLength: 64, description: 'IANA; UTC where nothing is said' })),
  groupBy,
  personId: Type.Optional(Id()),
  ticketId: Type.Optional(Id('Its id')),
  organizationId: Type.Optional(Id()),
  project: Type.Optional(Key()),
  measured: Type.Optional(Type.Boolean({ description: 'Automatic measurements instead of what was declared' })),
})
export type TimeReportInput = Static<typeof TimeReportInput>

export const TimeReportRow = Closed(
  {
    keys: Type.Array(Nullable(Type.String()), { description: 'In the order of groupBy: ids, keys, dates or weeks' }),
    names: Type.Array(Nullable(Type.String()), { description: 'The same for people to read' }),
    entries: Type.Integer(),
    seconds: Type.Integer(),
    billableSeconds: Type.Integer(),
    amounts: Type.Array(Type.Unsafe<Money>(Type.Ref('Money')), {
      description: 'Billable time at the rates of its entries, by currency; entries without a rate are in none',
    }),
  },
  { $id: 'TimeReportRow' },
)
export type TimeReportRow = Static<typeof TimeReportRow>

export const TimeReport = Closed(
  {
    groupBy,
    rows: Type.Array(Type.Unsafe<TimeReportRow>(Type.Ref('TimeReportRow'))),
    isCapped: Type.Boolean({ description: `There are more than ${REPORT_ROWS_MAX} rows` }),
  },
  { $id: 'TimeReport', description: 'The time that was spent, summed' },
)
export type TimeReport = Static<typeof TimeReport>

/** What a ticket belongs to, as it is now. */
const ticketGroups = [
  'type',
  'status',
  'statusCategory',
  'priority',
  'category',
  'project',
  'channel',
  'team',
  'assignee',
  'requester',
  'organization',
] as const
export type TicketGroup = (typeof ticketGroups)[number]
export const spans = ['day', 'week', 'month'] as const
export type Span = (typeof spans)[number]

const Zone = Type.Optional(Type.String({ maxLength: 64, description: 'IANA; UTC where nothing is said' }))
const stretch = {
  from: Timestamp,
  to: Type.Optional({ ...Timestamp, description: 'Before this moment; now where nothing is said' }),
  timeZone: Zone,
}
const condition = Type.Optional({ ...ConditionInput, description: 'Only tickets for which it holds now' })
const keysAndNames = {
  keys: Type.Array(Nullable(Type.String()), { description: 'In the order of groupBy: ids, keys, dates or weeks' }),
  names: Type.Array(Nullable(Type.String()), { description: 'The same for people to read' }),
}
const isCapped = Type.Boolean({ description: `There are more than ${REPORT_ROWS_MAX} rows` })

const reportGroups = Type.Array(Type.Enum([...ticketGroups, ...spans]), { maxItems: 2, uniqueItems: true })
export const TicketReportInput = Closed({
  ...stretch,
  groupBy: Type.Optional({ ...reportGroups, description: 'None: one row for all' }),
  calendar: Type.Optional(Key('Whose working time is measured; all time where nothing is said')),
  condition,
})
export type TicketReportInput = Static<typeof TicketReportInput>

export const Durations = Closed(
  {
    tickets: Type.Integer(),
    averageSeconds: Nullable(Type.Integer()),
    medianSeconds: Nullable(Type.Integer()),
    p90Seconds: Nullable(Type.Integer({ description: 'Nine of ten took no longer' })),
  },
  { $id: 'Durations', description: 'How long something took; null where it happened to no ticket' },
)
export type Durations = Static<typeof Durations>

export const TicketReportRow = Closed(
  {
    ...keysAndNames,
    opened: Type.Integer(),
    solved: Type.Integer({ description: 'Solved or closed then, and not reopened since' }),
    reopened: Type.Integer(),
    reopenRate: Nullable(Type.Number({ description: 'Reopened by solved; null where none was solved' })),
    firstReply: Type.Unsafe<Durations>({
      ...Type.Ref('Durations'),
      description: 'From opening to first replies of then',
    }),
    resolution: Type.Unsafe<Durations>({ ...Type.Ref('Durations'), description: 'From opening to solutions of then' }),
  },
  { $id: 'TicketReportRow', description: 'What happened in a stretch of time' },
)
export type TicketReportRow = Static<typeof TicketReportRow>
export const TicketReport = Closed(
  { groupBy: reportGroups, rows: Type.Array(Type.Unsafe<TicketReportRow>(Type.Ref('TicketReportRow'))), isCapped },
  { $id: 'TicketReport', description: 'What became of tickets' },
)
export type TicketReport = Static<typeof TicketReport>

/** A backlog has at most so many steps. */
export const BACKLOG_STEPS_MAX = 400
export const BacklogReportInput = Closed({ ...stretch, step: Type.Optional(Type.Enum([...spans])), condition })
export type BacklogReportInput = Static<typeof BacklogReportInput>
export const BacklogStep = Closed(
  {
    on: Type.String({ description: 'The first day of the step' }),
    opened: Type.Integer(),
    solved: Type.Integer(),
    unresolved: Type.Integer({ description: 'At its end' }),
  },
  { $id: 'BacklogStep' },
)
export type BacklogStep = Static<typeof BacklogStep>
export const BacklogReport = Closed(
  {
    step: Type.Enum([...spans]),
    before: Type.Integer({ description: 'Unresolved when the stretch began' }),
    steps: Type.Array(Type.Unsafe<BacklogStep>(Type.Ref('BacklogStep'))),
  },
  { $id: 'BacklogReport', description: 'How work came in and went out' },
)
export type BacklogReport = Static<typeof BacklogReport>

const distributionGroups = Type.Array(Type.Enum([...ticketGroups]), { minItems: 1, maxItems: 2, uniqueItems: true })
export const TicketDistributionInput = Closed({
  groupBy: distributionGroups,
  condition: Type.Optional({ ...ConditionInput, description: 'Which tickets; those unresolved where nothing is said' }),
})
export type TicketDistributionInput = Static<typeof TicketDistributionInput>
export const TicketDistributionRow = Closed(
  { ...keysAndNames, tickets: Type.Integer() },
  { $id: 'TicketDistributionRow' },
)
export type TicketDistributionRow = Static<typeof TicketDistributionRow>
export const TicketDistribution = Closed(
  {
    groupBy: distributionGroups,
    rows: Type.Array(Type.Unsafe<TicketDistributionRow>(Type.Ref('TicketDistributionRow'))),
    isCapped,
  },
  { $id: 'TicketDistribution', description: 'How tickets are spread now, the most first' },
)
export type TicketDistribution = Static<typeof TicketDistribution>

const load = {
  unresolved: Type.Integer(),
  needsReaction: Type.Integer(),
  overdue: Type.Integer({ description: 'Past their dueAt' }),
}
export const MemberLoad = Closed({ personId: Id(), name: Nullable(Type.String()), ...load }, { $id: 'MemberLoad' })
export type MemberLoad = Static<typeof MemberLoad>
export const TeamLoad = Closed(
  { teamId: Id(), name: Type.String(), ...load, unassigned: Type.Integer() },
  { $id: 'TeamLoad' },
)
export type TeamLoad = Static<typeof TeamLoad>
export const OwnLoad = Closed(
  { ...load, unread: Type.Integer({ description: 'With messages that one has not read' }) },
  { $id: 'OwnLoad', description: 'The unresolved tickets that are assigned to oneself' },
)
export const Dashboard = Closed(
  {
    ...load,
    unassigned: Type.Integer(),
    open: Type.Integer(),
    waitingOnCustomer: Type.Integer(),
    waitingOnOther: Type.Integer(),
    snoozed: Type.Integer(),
    mine: Type.Unsafe<Static<typeof OwnLoad>>(Type.Ref('OwnLoad')),
    members: Nullable(
      Type.Array(Type.Unsafe<MemberLoad>(Type.Ref('MemberLoad')), {
        description: 'Who has unresolved tickets, the most first; for agents who see all tickets',
      }),
    ),
    teams: Nullable(Type.Array(Type.Unsafe<TeamLoad>(Type.Ref('TeamLoad')), { description: 'The same of teams' })),
    at: Timestamp,
  },
  { $id: 'Dashboard', description: 'The unresolved tickets that one sees, counted now' },
)
export type Dashboard = Static<typeof Dashboard>
/** By the names that they have in both APIs. */
export const statisticsSchemas = {
  TimeReportRow,
  TimeReport,
  Durations,
  TicketReportRow,
  TicketReport,
  BacklogStep,
  BacklogReport,
  TicketDistributionRow,
  TicketDistribution,
  OwnLoad,
  MemberLoad,
  TeamLoad,
  Dashboard,
}
