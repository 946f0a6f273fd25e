import type { GraphQLResolveInfo } from 'graphql'
import { approveTimesheet } from '../domain/time/approve-timesheet.ts'
import { changeTimeEntry } from '../domain/time/change-time-entry.ts'
import { changeTimeSettings } from '../domain/time/change-time-settings.ts'
import { lockTimesheet } from '../domain/time/lock-timesheet.ts'
import { logTime } from '../domain/time/log-time.ts'
import { measureAttention } from '../domain/time/measure-attention.ts'
import { pauseTimer } from '../domain/time/pause-timer.ts'
import {
  ticketTime,
  ticketTimeEntries,
  ticketTimeList,
  timeEntriesQuery,
  timeEntry,
  timeEntryList,
  timersQuery,
  timeSettingsQuery,
  timesheet,
} from '../domain/time/queries.ts'
import { rejectTimesheet } from '../domain/time/reject-timesheet.ts'
import { removeTimeEntry } from '../domain/time/remove-time-entry.ts'
import { reverseTimeEntry } from '../domain/time/reverse-time-entry.ts'
import { startTimer } from '../domain/time/start-timer.ts'
import { stopTimer } from '../domain/time/stop-timer.ts'
import { submitTimesheet } from '../domain/time/submit-timesheet.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type OfTicket = { ticketId: string }
type OfWeek = { personId: string; week: string }

export const timeResolvers = {
  Query: {
    timeEntries: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(timeEntriesQuery, pageFrom(args, info, timeEntryList.filters))),
    ticketTimeEntries: async (
      _root: unknown,
      { ticketId, ...args }: ConnectionArgs & OfTicket,
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) =>
      connection(await desk.read(ticketTimeEntries, { ticketId, page: pageFrom(args, info, ticketTimeList.filters) })),
    timeEntry: (_root: unknown, { id }: { id: string }, { desk }: Context) =>
      orNull(desk.read(timeEntry, { timeEntryId: id })),
    timers: (_root: unknown, _args: object, { desk }: Context) => desk.read(timersQuery, {}),
    ticketTime: (_root: unknown, input: OfTicket, { desk }: Context) => desk.read(ticketTime, input),
    timesheet: (_root: unknown, input: OfWeek, { desk }: Context) => desk.read(timesheet, input),
    timeSettings: (_root: unknown, _args: object, { desk }: Context) => desk.read(timeSettingsQuery, {}),
  },
  Mutation: {
    ...mutation(startTimer),
    ...mutation(pauseTimer),
    ...mutation(stopTimer),
    ...mutation(measureAttention),
    ...mutation(logTime),
    ...mutation(changeTimeEntry),
    ...mutation(removeTimeEntry),
    ...mutation(reverseTimeEntry),
    ...mutation(submitTimesheet),
    ...mutation(approveTimesheet),
    ...mutation(rejectTimesheet),
    ...mutation(lockTimesheet),
    ...mutation(changeTimeSettings),
  },
}
