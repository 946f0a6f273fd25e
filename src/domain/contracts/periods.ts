import type { Instant } from '../../kernel/clock.ts'
import { stretches } from '../calendars/zones.ts'
import type { Contract } from './schema.ts'

const DAY_MS = 86_400_000

/** What a contract says of its periods. */
export type Periodic = Pick<Contract, 'period' | 'timeZone' | 'startsOn' | 'endsOn'>

const MONTHS = { month: 1, quarter: 3, year: 12 }

const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS

/** The date that the clocks of a zone show at a moment. */
export function dateIn(zone: string, at: Instant): string {
  const time = Date.parse(at)
  for (const { offset } of stretches(zone, time, time + 1)) return dateOf(Math.floor((time + offset) / DAY_MS))
  throw new Error('a moment has an offset')
}

/** The first moment of a date by the clocks of a zone; of a date that they leap over, the moment of the leap. */
export function beginningOf(zone: string, date: string): Instant {
  const day = dayOf(date)
  // no clock is further from UTC than 14 hours
  for (const { from, to, offset } of stretches(zone, (day - 1) * DAY_MS, (day + 1) * DAY_MS)) {
    const begins = Math.max(from, day * DAY_MS - offset)
    if (begins < to) return new Date(begins).toISOString()
  }
  throw new Error(`${date} does not begin in ${zone}`)
}

/** The date so many months after another: the same day, or the last one of a month that has none such. */
function monthsAfter(date: string, months: number): string {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0))
  return dateOf(Math.floor(Math.min(last.getTime(), last.getTime() + (day - last.getUTCDate()) * DAY_MS) / DAY_MS))
}

/** The first day of the period in which a date lies, not before the first. Each is counted from the first: 31 January, 28 February, 31 March. */
export function periodAt({ period, startsOn }: Periodic, date: string): string {
  if (period === 'once' || date <= startsOn) return startsOn
  const [year, month] = startsOn.split('-').map(Number)
  const [toYear, toMonth] = date.split('-').map(Number)
  const months = ((toYear ?? 0) - (year ?? 0)) * 12 + (toMonth ?? 0) - (month ?? 0)
  const begun = Math.floor(months / MONTHS[period])
  const begins = monthsAfter(startsOn, begun * MONTHS[period])
  return begins <= date ? begins : monthsAfter(startsOn, (begun - 1) * MONTHS[period])
}

/** The last day of the period that began on a date; null where nothing ends it. */
export function lastDayOf(contract: Periodic, periodOn: string): string | null {
  const { endsOn } = contract
  const next = nextPeriod(contract, periodOn)
  const last = next === null ? null : dateOf(dayOf(next) - 1)
  return last === null || (endsOn !== null && endsOn < last) ? endsOn : last
}

/** When the period that began on a date is over: the next one begins, or the contract ends. */
export function turnAfter(contract: Periodic, periodOn: string): Instant | null {
  const last = lastDayOf(contract, periodOn)
  return last === null ? null : beginningOf(contract.timeZone, dateOf(dayOf(last) + 1))
}

function nextPeriod({ period, startsOn }: Periodic, periodOn: string): string | null {
  if (period === 'once') return null
  const [year = 0, month = 0] = startsOn.split('-').map(Number)
  const [toYear = 0, toMonth = 0] = periodOn.split('-').map(Number)
  return monthsAfter(startsOn, (toYear - year) * 12 + toMonth - month + MONTHS[period])
}
