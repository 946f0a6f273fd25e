import fc from 'fast-check'
import { type Calendar, weekdays } from '../../src/domain/calendars/schema.ts'
import { afterWorking, workingSeconds } from '../../src/domain/calendars/working.ts'
import type { TortureResult } from './kill.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** From −12 to +14, with clocks that change by an hour, by half of one, at midnight, and once by a whole day. */
const ZONES = [
  'Etc/GMT+12',
  'Pacific/Pago_Pago',
  'America/Los_Angeles',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Atlantic/Azores',
  'UTC',
  'Europe/London',
  'Europe/Vienna',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Asia/Tehran',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
]
/** Where clocks change in one of them, or the calendar does something. */
const MOMENTS = [
  '2011-12-30T00:00:00Z',
  '2018-02-17T12:00:00Z',
  '2020-02-29T00:00:00Z',
  '2024-02-29T12:00:00Z',
  '2024-03-10T06:00:00Z',
  '2024-03-31T00:00:00Z',
  '2024-04-06T12:00:00Z',
  '2024-10-05T12:00:00Z',
  '2024-10-27T00:00:00Z',
  '2024-11-03T06:00:00Z',
  '2024-12-31T22:00:00Z',
  '2025-03-30T00:00:00Z',
  '2026-02-15T00:00:00Z',
  '2026-03-22T00:00:00Z',
]

const minute = fc.integer({ min: 0, max: 24 * 60 })
const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const day = fc.uniqueArray(minute, { minLength: 0, maxLength: 6 }).map((minutes) => {
  const sorted = minutes.toSorted((a, b) => a - b)
  return Array.from({ length: Math.floor(sorted.length / 2) }, (_, n) => ({
    from: clock(sorted[2 * n] ?? 0),
    to: clock(sorted[2 * n + 1] ?? 0),
  }))
})
const moment = fc
  .record({ around: fc.constantFrom(...MOMENTS), minutes: fc.integer({ min: -2_880, max: 2_880 }) })
  .map(({ around, minutes }) => Date.parse(around) + minutes * MINUTE_MS)

type When = Pick<Calendar, 'timeZone' | 'hours' | 'holidays'>

const cases = fc.record({
  timeZone: fc.constantFrom(...ZONES),
  days: fc.array(day, { minLength: 7, maxLength: 7 }),
  from: moment,
  minutes: fc.integer({ min: 0, max: 3 * 24 * 60 }),
  holiday: fc.option(fc.record({ after: fc.integer({ min: -1, max: 3 }), yearly: fc.boolean() })),
})

/** What the clock on the wall says, by the platform's own words and nothing of ours. */
export function wall(zone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'long',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return (at: number) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
    return {
      date: `${parts.year}-${parts.month}-${parts.day}`,
      weekday: String(parts.weekday).toLowerCase(),
      clock: `${parts.hour}:${parts.minute}`,
    }
  }
}

/** The slow model: each minute is worked when the wall says so. */
function minutesWorked({ timeZone, hours, holidays }: When, from: number, minutes: number): number {
  const look = wall(timeZone)
  const days = new Set(holidays.map(({ on }) => on))
  let worked = 0
  for (let n = 0; n < minutes; n++) {
    const { date, weekday, clock: now } = look(from + n * MINUTE_MS)
    if (days.has(date) || days.has(`-${date.slice(4)}`)) continue
    const known = weekdays.find((each) => each === weekday)
    if (known && hours[known].some((each) => each.from <= now && now < each.to)) worked++
  }
  return worked
}

/** Working time by calculation, against a walk from minute to minute; on no database, for it needs none. */
export async function calendarsRun({ runs, seed }: { runs: number; seed: number }): Promise<TortureResult> {
  let minutesWalked = 0
  const property = fc.property(cases, ({ timeZone, days, from, minutes, holiday }) => {
    const on = holiday && new Date(from + holiday.after * DAY_MS).toISOString().slice(0, 10)
    const calendar: When = {
      timeZone,
      hours: Object.fromEntries(weekdays.map((name, n) => [name, days[n] ?? []])) as Calendar['hours'],
      holidays: on ? [{ on: holiday.yearly ? `-${on.slice(4)}` : on, name: null }] : [],
    }
    minutesWalked += minutes
    const [begin, end] = [from, from + minutes * MINUTE_MS].map((at) => new Date(at).toISOString())
    if (begin === undefined || end === undefined) throw new Error('two moments were made')
    const expected = minutesWorked(calendar, from, minutes) * 60
    const found = workingSeconds(calendar, begin, end)
    if (found !== expected) throw new Error(`${found} instead of ${expected} seconds`)
    const due = afterWorking(calendar, begin, expected)
    if (due === undefined || due > end) throw new Error(`${expected} seconds were worked by ${end}, not by ${due}`)
    if (workingSeconds(calendar, begin, due) !== expected) throw new Error(`${due} is not when ${expected} were worked`)
    const before = new Date(Date.parse(due) - 1_000).toISOString()
    if (expected > 0 && workingSeconds(calendar, begin, before) >= expected) throw new Error(`${due} is too late`)
  })
  const result = fc.check(property, { numRuns: runs, seed })
  const fault = result.failed
    ? [`${JSON.stringify(result.counterexample)}: ${(result.errorInstance as Error | null)?.message}`]
    : []
  return { figures: `${result.numRuns} cases, ${minutesWalked} minutes walked`, violations: fault }
}
