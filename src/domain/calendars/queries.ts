import { defineQuery } from '../../kernel/desk.ts'
import { instantIn } from '../../kernel/instant.ts'
import { wrongParameter } from '../../kernel/page.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { type Calendar, CalendarAct, type WorkingTime, WorkingTimeInput } from './schema.ts'
import { allCalendars, findCalendar } from './store.ts'
import { afterWorking, workingSeconds } from './working.ts'

/** When people work. */
export const calendarsQuery = defineQuery({
  name: 'calendars',
  group: 'vocabularies',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: ({ db }): Promise<Calendar[]> => allCalendars(db),
})

export const calendar = defineQuery({
  name: 'calendar',
  group: 'vocabularies',
  input: CalendarAct,
  refuse: (actor) => refuseStaffOnly(actor),
  read: ({ db }, { key }): Promise<Calendar> => findCalendar(db, key),
})

/** How much is worked between two moments, or when so much has been worked. */
export const workingTime = defineQuery({
  name: 'workingTime',
  group: 'vocabularies',
  input: WorkingTimeInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { key, seconds, ...asked }): Promise<WorkingTime> {
    const found = await findCalendar(db, key)
    const from = instantIn('/from', asked.from)
    const to = instantIn('/to', asked.to)
    if ((to === undefined) === (seconds === undefined)) throw wrongParameter('to', 'give either to or seconds')
    if (to !== undefined) {
      if (to < from) throw wrongParameter('to', 'comes before from')
      return { from, to, workingSeconds: workingSeconds(found, from, to) }
    }
    return { from, to: afterWorking(found, from, seconds ?? 0) ?? null, workingSeconds: seconds ?? 0 }
  },
})
