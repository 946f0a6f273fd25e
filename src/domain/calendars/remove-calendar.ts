import { lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { policiesBy } from '../sla/store.ts'
import { CalendarAct } from './schema.ts'
import { lockCalendar } from './store.ts'
import { calendars } from './table.ts'

/** Removes a calendar by which no SLA policy counts. */
export const removeCalendar = defineCommand({
  name: 'removeCalendar',
  group: 'vocabularies',
  input: CalendarAct,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    const [calendar, policies] = await Promise.all([lockCalendar(tx, key), policiesBy(tx, key)])
    return { calendar, usedBy: policies.map((policy) => policy.key) }
  },

  refuse: (actor, { usedBy }, { key }) => refuseAdminWork(actor) ?? (usedBy.length ? inUse(key, usedBy) : undefined),

  handle({ remove, emit }, { key }, { calendar }) {
    remove(calendars, calendar)
    emit({ type: 'calendar.removed', object: { type: 'calendar', id: key, version: calendar.version }, data: { key } })
    return { id: key }
  },
})

const inUse = (key: string, slaPolicies: readonly string[]): Problem =>
  new Problem('in_use', {
    detail: `${key} is used by the SLA policies ${slaPolicies.join(', ')}`,
    usedBy: { slaPolicies: [...slaPolicies] },
  })
