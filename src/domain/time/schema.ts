import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

export const Money = Closed(
  {
    amount: Type.Integer({ minimum: 0, maximum: 2_000_000_000, description: 'In minor units: 12550 is 125.50' }),
    currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' }),
  },
  { $id: 'Money' },
)
export type Money = Static<typeof Money>

/** `automatic`: measured while somebody looked at a ticket, and kept apart from what people declare. */
export const entrySources = ['manual', 'timer', 'automatic', 'import'] as const
export const EntrySource = Type.Enum([...entrySources])
export type EntrySource = Static<typeof EntrySource>

/** running and paused: a timer; open: may be changed; submitted and approved: with its timesheet; measured: automatic. */
export const entryStates = ['running', 'paused', 'open', 'submitted', 'approved', 'measured'] as const
export const EntryState = Type.Enum([...entryStates])
export type EntryState = Static<typeof EntryState>

/** The longest entry: a timer that was forgotten over a weekend is a mistake, not work. */
export const DURATION_MAX = 31 * 24 * 3_600
const Duration = Type.Integer({ minimum: 1, maximum: DURATION_MAX })
export const Rate = Nullable(Type.Unsafe<Money>({ ...Money, $id: undefined, description: 'For an hour' }))

export const TimeEntry = Closed(
  {
    id: Id(),
    ticketId: Id(),
    personId: Id(),
    startedAt: Timestamp,
    endedAt: Nullable(Timestamp),
    durationSeconds: Type.Integer({ description: 'So far, of a timer; less than nothing of a reversal' }),
    billableSeconds: Type.Integer({
      description: 'Rounded by the rule of the desk; 0 of what is not billable or not ended',
    }),
    activity: Nullable(Key()),
    billable: Type.Boolean(),
    rate: Rate,
    note: Nullable(Type.String()),
    source: EntrySource,
    state: EntryState,
    week: Type.String({ description: 'The timesheet that it belongs to, as 2026-W47' }),
    reversesId: Nullable(Id('The entry that this one takes back')),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'TimeEntry' },
)
export type TimeEntry = Static<typeof TimeEntry>

const described = {
  activity: Type.Optional(Nullable(Key('One of /v1/activities that takes time'))),
  billable: Type.Optional(Type.Boolean({ description: 'As its activity where nothing is said, true without one' })),
  rate: Type.Optional({ ...Rate, description: 'For an hour; as its activity where nothing is said' }),
  note: Type.Optional(Nullable(Line(1_000))),
}

export const StartTimer = Closed({ ticketId: TicketRef, ...described })
export const TimerAct = Closed({ ticketId: TicketRef })

export const LogTime = Closed({
  ticketId: TicketRef,
  personId: Type.Optional(Id('Whose time it was; of somebody else: admins only')),
  startedAt: Type.Optional(Timestamp),
  endedAt: Type.Optional(Timestamp),
  durationSeconds: Type.Optional({
    ...Duration,
    description: 'Of two of the three the third follows; alone it ends now',
  }),
  ...described,
})
export type LogTime = Static<typeof LogTime>

export const ChangeTimeEntry = Closed({
  timeEntryId: Id(),
  expectedVersion: ExpectedVersion,
  startedAt: Type.Optional(Timestamp),
  durationSeconds: Type.Optional(Duration),
  ...described,
})
export const TimeEntryAct = Closed({ timeEntryId: Id() })

export const ReverseTimeEntry = Closed({ timeEntryId: Id(), note: described.note })

const Seconds = Type.Integer()
export const TimeSum = Closed(
  {
    seconds: { ...Seconds, description: 'Declared: by timer or by hand' },
    billableSeconds: Seconds,
    measuredSeconds: { ...Seconds, description: 'Measured while somebody looked at it' },
  },
  { $id: 'TimeSum' },
)
export type TimeSum = Static<typeof TimeSum>

export const TicketTime = Closed(
  {
    ticketId: Id(),
    own: Type.Unsafe<TimeSum>(Type.Ref('TimeSum')),
    total: Type.Unsafe<TimeSum>(Type.Ref('TimeSum')),
  },
  { $id: 'TicketTime', description: 'The time spent on a ticket, and on it with all its parts' },
)
export type TicketTime = Static<typeof TicketTime>

export const TimeSettings = Closed(
  {
    roundToSeconds: Type.Integer({ minimum: 1, maximum: 3_600, description: 'Billable time is a multiple of it' }),
    rounding: Type.Enum(['up', 'nearest', 'down']),
    minimumSeconds: Type.Integer({
      minimum: 0,
      maximum: 36_000,
      description: 'An entry is billed for at least so long',
    }),
    version: Type.Integer(),
  },
  { $id: 'TimeSettings', description: 'How billable time is rounded, from now on' },
)
export type TimeSettings = Static<typeof TimeSettings>

export const ChangeTimeSettings = Closed({
  expectedVersion: ExpectedVersion,
  roundToSeconds: Type.Optional(TimeSettings.properties.roundToSeconds),
  rounding: Type.Optional(TimeSettings.properties.rounding),
  minimumSeconds: Type.Optional(TimeSettings.properties.minimumSeconds),
})

/** open and rejected: entries may change; submitted: waits for an admin; approved: corrected by reversals only; locked: not at all. */
const sheetStates = ['open', 'submitted', 'approved', 'rejected', 'locked'] as const
export const SheetState = Type.Enum([...sheetStates])
export type SheetState = Static<typeof SheetState>

const Week = Id('ISO 8601, as 2026-W47')
export const SheetAct = Closed({ personId: Id(), week: Week })
export const RejectTimesheet = Closed({ personId: Id(), week: Week, note: Line(1_000) })

const SheetDay = Closed({ on: Type.String({ description: 'A date' }), seconds: Seconds, billableSeconds: Seconds })
const SheetTicket = Closed({ ticketId: Id(), seconds: Seconds, billableSeconds: Seconds })

export const Timesheet = Closed(
  {
    personId: Id(),
    week: Week,
    startsOn: Type.String(),
    endsOn: Type.String(),
    state: SheetState,
    seconds: Seconds,
    billableSeconds: Seconds,
    days: Type.Array(SheetDay, { description: 'Monday to Sunday, where the person lives' }),
    tickets: Type.Array(SheetTicket),
    note: Nullable(Type.String({ description: 'Why it was given back' })),
    submittedAt: Nullable(Timestamp),
    decidedAt: Nullable(Timestamp),
    decidedById: Nullable(Id()),
    version: Type.Integer(),
  },
  { $id: 'Timesheet', description: 'The declared time of a person in a week' },
)
export type Timesheet = Static<typeof Timesheet>

export const timeSchemas = {
  Money,
  TimeEntry,
  TimeSum,
  TicketTime,
  TimeSettings,
  Timesheet,
  TimesheetDay: SheetDay,
  TimesheetTicket: SheetTicket,
}

declare module '../../kernel/events.ts' {
  interface EventData {
    'timer.started': { timeEntryId: string }
    'timer.paused': { timeEntryId: string }
    'timer.stopped': { timeEntryId: string }
    'time.logged': { timeEntryId: string; personId: string; durationSeconds: number; source: string }
    'time.changed': { timeEntryId: string }
    'time.removed': { timeEntryId: string }
    'timesheet.submitted': { personId: string; week: string }
    'timesheet.approved': { personId: string; week: string }
    'timesheet.rejected': { personId: string; week: string }
    'timesheet.locked': { personId: string; week: string }
    'time.settings_changed': Record<string, never>
  }
}
