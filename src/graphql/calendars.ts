import { addCalendar } from '../domain/calendars/add-calendar.ts'
import { changeCalendar } from '../domain/calendars/change-calendar.ts'
import { calendar, calendarsQuery, workingTime } from '../domain/calendars/queries.ts'
import { removeCalendar } from '../domain/calendars/remove-calendar.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Asking = { key: string; from: string; to?: string | null; seconds?: number | null }

export const calendarResolvers = {
  Query: {
    calendars: (_root: unknown, _args: object, { desk }: Context) => desk.read(calendarsQuery, {}),
    calendar: (_root: unknown, { key }: { key: string }, { desk }: Context) => orNull(desk.read(calendar, { key })),
    workingTime: (_root: unknown, { key, from, to, seconds }: Asking, { desk }: Context) =>
      desk.read(workingTime, { key, from, ...(to == null ? {} : { to }), ...(seconds == null ? {} : { seconds }) }),
  },
  Mutation: { ...mutation(addCalendar), ...mutation(changeCalendar), ...mutation(removeCalendar) },
}
