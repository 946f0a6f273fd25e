import { lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { invalidInput } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { policiesBy, revise } from '../sla/store.ts'
import { vocabulary } from '../types/store.ts'
import { calendarFaults, wholeWeek } from './decide.ts'
import { type Calendar, ChangeCalendar } from './schema.ts'
import { lockCalendar } from './store.ts'
import { calendars } from './table.ts'

/** Changes a calendar, from now on, and with it what SLA policies promise by its hours. A week is given as a whole. */
export const changeCalendar = defineCommand({
  name: 'changeCalendar',
  group: 'vocabularies',
  input: ChangeCalendar,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    const [calendar, policies, words] = await Promise.all([
      lockCalendar(tx, key),
      policiesBy(tx, key),
      vocabulary.load(tx),
    ])
    return { calendar, policies, words, tx }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(
    context,
    { key, expectedVersion, hours, ...input },
    { calendar, policies, words, tx },
  ): Promise<Calendar> {
    const { update, emit, now } = context
    const wanted = { ...input, ...(hours ? { hours: wholeWeek(hours) } : {}) }
    await refuseStale(tx, { id: key, version: calendar.version }, expectedVersion, Object.keys(wanted))
    const faults = calendarFaults({ ...calendar, ...wanted })
    if (faults.length) throw invalidInput(faults)
    const changes = changesBetween(calendar, wanted)
    if (!Object.keys(changes).length) return calendar
    update(calendars, calendar, { ...wanted, version: calendar.version + 1, updatedAt: now })
    const object = { type: 'calendar', id: key, version: calendar.version }
    emit({ type: 'calendar.changed', object, changes, data: { key } })
    await revise(context, policies, { calendars: [calendar], words })
    return calendar
  },
})
