import { isDate } from '../../kernel/instant.ts'
import type { Fault } from '../../kernel/problems.ts'
import { type Calendar, type Week, weekdays } from './schema.ts'
import { isZone } from './zones.ts'

/** A whole week, of the days that are named. */
export const wholeWeek = (week: Week): Calendar['hours'] =>
  Object.fromEntries(weekdays.map((day) => [day, week[day] ?? []])) as Calendar['hours'] // fromEntries forgets the keys

/** What is wrong with a calendar, each fault at its place. */
export function calendarFaults({
  timeZone,
  hours,
  holidays,
}: Pick<Calendar, 'timeZone' | 'hours' | 'holidays'>): Fault[] {
  const faults: Fault[] = []
  if (!isZone(timeZone)) faults.push({ pointer: '/timeZone', code: 'not_found', detail: `${timeZone} is no time zone` })
  for (const day of weekdays)
    for (const [n, { from, to }] of hours[day].entries()) {
      const pointer = `/hours/${day}/${n}`
      const before = hours[day][n - 1]?.to
      if (from >= to) faults.push({ pointer, code: 'range', detail: 'ends before it begins' })
      else if (before !== undefined && from < before)
        faults.push({ pointer, code: 'overlap', detail: 'begins before the one in front of it has ended' })
    }
  if (weekdays.every((day) => !hours[day].length))
    faults.push({ pointer: '/hours', code: 'missing', detail: 'has no working time at all' })
  const seen = new Set<string>()
  for (const [n, { on }] of holidays.entries()) {
    const pointer = `/holidays/${n}/on`
    // of days of each year 29 February is one, too
    if (!isDate(on.replace(/^--/, '2000-'))) faults.push({ pointer, code: 'date', detail: 'is no day of the calendar' })
    if (seen.has(on)) faults.push({ pointer, code: 'twice', detail: 'stands there already' })
    seen.add(on)
  }
  return faults
}
