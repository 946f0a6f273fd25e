import { lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid, invalidInput } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { calendarFaults, wholeWeek } from './decide.ts'
import { AddCalendar, type Calendar } from './schema.ts'
import { allCalendars, CALENDARS_MAX } from './store.ts'
import { calendars } from './table.ts'

/** A new calendar: the hours of a week by the clocks of a zone, without holidays. */
export const addCalendar = defineCommand({
  name: 'addCalendar',
  group: 'vocabularies',
  input: AddCalendar,

  async subject({ tx }) {
    await lockConfiguration(tx)
    return allCalendars(tx)
  },

  refuse: (actor, existing, { key }) =>
    refuseAdminWork(actor) ?? (existing.some((each) => each.key === key) ? 'key_taken' : undefined),

  handle({ insert, emit, now }, { hours, holidays = [], ...input }, existing): Calendar {
    if (existing.length >= CALENDARS_MAX) throw invalid('/key', 'too_many', `there are ${CALENDARS_MAX} already`)
    const stamps = { version: 1, createdAt: now, updatedAt: now }
    const calendar: Calendar = { ...input, hours: wholeWeek(hours), holidays, ...stamps }
    const faults = calendarFaults(calendar)
    if (faults.length) throw invalidInput(faults)
    insert(calendars, calendar)
    const { key } = calendar
    emit({ type: 'calendar.added', object: { type: 'calendar', id: key, version: 1 }, data: { key } })
    return calendar
  },
})
