import { defineCommand } from '../../kernel/desk.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { CalendarAct } from './schema.ts'
import { lockCalendar } from './store.ts'
import { calendars } from './table.ts'

/** Removes a calendar. */
export const removeCalendar = defineCommand({
  name: 'removeCalendar',
  group: 'vocabularies',
  input: CalendarAct,
  subject: ({ tx }, { key }) => lockCalendar(tx, key),
  refuse: (actor) => refuseAdminWork(actor),

  handle({ remove, emit }, { key }, calendar) {
    remove(calendars, calendar)
    emit({ type: 'calendar.removed', object: { type: 'calendar', id: key, version: calendar.version }, data: { key } })
    return { id: key }
  },
})
