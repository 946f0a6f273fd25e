import { type Calendar, type Hours, weekdays } from './schema.ts'
import { type Stretch, stretches } from './zones.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Further than this nobody looks: a calendar may have no working time at all. */
export const YEARS_MS = 10 * 366 * DAY_MS

type When = Pick<Calendar, 'timeZone' | 'hours' | 'holidays'>

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

interface Ready {
  zone: string
  /** Monday first, in milliseconds of the day. */
  week: { from: number; to: number }[][]
  holidays: ReadonlySet<string>
}

const ready = ({ timeZone, hours, holidays }: When): Ready => ({
  zone: timeZone,
  week: weekdays.map((day) =>
    hours[day].map(({ from, to }: Hours) => ({ from: minuteOf(from) * MINUTE_MS, to: minuteOf(to) * MINUTE_MS })),
  ),
  holidays: new Set(holidays.map(({ on }) => on)),
})

/**
 * The working time in a stretch in which the clocks stand: a moment is worked when the clock on the wall says so. An hour that clocks
 * go through twice counts twice, one that they leap over not at all.
 */
function* worked({ week, holidays }: Ready, { from, to, offset }: Stretch): Generator<{ from: number; to: number }> {
  for (let day = Math.floor((from + offset) / DAY_MS); day * DAY_MS < to + offset; day++) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10)
    if (holidays.has(date) || holidays.has(`-${date.slice(4)}`)) continue
    // 1 January 1970 was a Thursday
    for (const hours of week[(((day + 3) % 7) + 7) % 7] ?? []) {
      const begins = Math.max(from, day * DAY_MS + hours.from - offset)
      const ends = Math.min(to, day * DAY_MS + hours.to - offset)
      if (begins < ends) yield { from: begins, to: ends }
    }
  }
}

/** The working time between two moments, in order and apart, in milliseconds. */
export function* workedBetween(calendar: When, from: number, to: number): Generator<{ from: number; to: number }> {
  const asked = ready(calendar)
  for (const stretch of stretches(asked.zone, from, to)) yield* worked(asked, stretch)
}

/** How many seconds are worked between two moments, by the clocks of the calendar's zone; at most ten years are looked at. */
export function workingSeconds(calendar: When, from: string, to: string): number {
  let sum = 0
  const [begin, end] = [Date.parse(from), Date.parse(to)]
  for (const part of workedBetween(calendar, begin, Math.min(end, begin + YEARS_MS))) sum += part.to - part.from
  return Math.floor(sum / 1_000)
}

/** The first moment at which so many seconds have been worked since another; nothing where ten years are not enough. */
export function afterWorking(calendar: When, from: string, seconds: number): string | undefined {
  const asked = ready(calendar)
  const begin = Date.parse(from)
  let left = seconds * 1_000
  if (left === 0) return new Date(begin).toISOString()
  for (const stretch of stretches(asked.zone, begin, begin + YEARS_MS))
    for (const part of worked(asked, stretch)) {
      if (part.to - part.from >= left) return new Date(part.from + left).toISOString()
      left -= part.to - part.from
    }
}
