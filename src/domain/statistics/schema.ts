import { type Static, Type } from 'typebox'
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

export const statisticsSchemas = { TimeReportRow, TimeReport }
