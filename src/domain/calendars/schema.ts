import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

const Clock = (description: string) =>
  Type.String({
    pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$',
    description: `${description}, as 08:30 on the clock of the zone`,
  })

const Hours = Closed({ from: Clock('Beginning'), to: Clock('End, itself not in it') })
export type Hours = Static<typeof Hours>
const Day = Type.Array(Hours, { maxItems: 10, description: 'In order, apart from each other; none: a day off' })

const week = {
  monday: Type.Optional(Day),
  tuesday: Type.Optional(Day),
  wednesday: Type.Optional(Day),
  thursday: Type.Optional(Day),
  friday: Type.Optional(Day),
  saturday: Type.Optional(Day),
  sunday: Type.Optional(Day),
}
const Week = Closed(week)
export type Week = Static<typeof Week>

const Holiday = Closed({
  on: Type.String({ pattern: '^(\\d{4}|-)-\\d{2}-\\d{2}$', description: 'A date, or each year that of --12-25' }),
  name: Nullable(Type.String({ maxLength: 200 })),
})
export type Holiday = Static<typeof Holiday>
const Holidays = Type.Array(Holiday, { maxItems: 1_000 })

const Zone = Type.String({ minLength: 1, maxLength: 64, description: 'IANA, as Europe/Vienna' })

export const Calendar = Closed(
  {
    key: Key(),
    name: Type.String(),
    timeZone: Type.String(),
    hours: Closed({
      monday: Day,
      tuesday: Day,
      wednesday: Day,
      thursday: Day,
      friday: Day,
      saturday: Day,
      sunday: Day,
    }),
    holidays: Holidays,
    version: Type.Integer(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { $id: 'Calendar', description: 'When people work' },
)
export type Calendar = Static<typeof Calendar>

export const AddCalendar = Closed({
  key: Key('lower_snake, never changed'),
  name: Line(200),
  timeZone: Zone,
  hours: Week,
  holidays: Type.Optional(Holidays),
})
export const ChangeCalendar = Closed({
  key: Key(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(Line(200)),
  timeZone: Type.Optional(Zone),
  hours: Type.Optional({ ...Week, description: 'The whole week: a day that is not named is off' }),
  holidays: Type.Optional(Holidays),
})
export const CalendarAct = Closed({ key: Key() })

export const WorkingTimeInput = Closed({
  key: Key(),
  from: Timestamp,
  to: Type.Optional({ ...Timestamp, description: 'How much is worked until then' }),
  seconds: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 100_000_000, description: 'When so much has been worked' }),
  ),
})
export const WorkingTime = Closed(
  {
    from: Timestamp,
    to: Nullable({ ...Timestamp, description: 'Null: within ten years so much is not worked' }),
    workingSeconds: Type.Integer(),
  },
  { $id: 'WorkingTime', description: 'What is worked between two moments' },
)
export type WorkingTime = Static<typeof WorkingTime>

export const calendarSchemas = {
  Calendar,
  CalendarWeek: Calendar.properties.hours,
  CalendarHours: Hours,
  Holiday,
  WorkingTime,
}

declare module '../../kernel/events.ts' {
  interface EventData {
    'calendar.added': { key: string }
    'calendar.changed': { key: string }
    'calendar.removed': { key: string }
  }
}
