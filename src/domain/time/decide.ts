import { after, type Instant, SECOND_MS } from '../../kernel/clock.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid } from '../../kernel/problems.ts'
import { DURATION_MAX, type LogTime, type TimeSettings } from './schema.ts'

/** Whole seconds between two moments. */
export const secondsBetween = (from: Instant, to: Instant): number =>
  Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / SECOND_MS))

type Rounding = Pick<TimeSettings, 'roundToSeconds' | 'rounding' | 'minimumSeconds'>

/** What is billed of so many seconds. */
export function billed(seconds: number, { roundToSeconds, rounding, minimumSeconds }: Rounding): number {
  const round = { up: Math.ceil, nearest: Math.round, down: Math.floor }[rounding]
  return Math.max(round(seconds / roundToSeconds) * roundToSeconds, minimumSeconds)
}

/** When an entry began and ended: of beginning, end and length two are enough, and of its length alone it ends now. */
export function spanOf({ startedAt, endedAt, durationSeconds }: LogTime, now: Instant) {
  const start = instantIn('/startedAt', startedAt)
  const end = instantIn('/endedAt', endedAt)
  const length = durationSeconds === undefined ? undefined : durationSeconds * SECOND_MS
  const to = end ?? (start !== undefined && length !== undefined ? after(start, length) : now)
  const from = start ?? (length === undefined ? undefined : after(to, -length))
  if (from === undefined) throw invalid('/durationSeconds', 'missing', 'give a beginning or a length')
  const seconds = durationSeconds ?? secondsBetween(from, to)
  if (from >= to) throw invalid('/endedAt', 'range', 'comes before the beginning')
  if (to > after(now, 60 * SECOND_MS)) throw invalid('/endedAt', 'range', 'is in the future')
  if (seconds > DURATION_MAX || seconds < 1)
    throw invalid('/durationSeconds', 'range', `is 1 to ${DURATION_MAX} seconds`)
  // with a pause in between it may have been less than from beginning to end, never more
  if (seconds > secondsBetween(from, to))
    throw invalid('/durationSeconds', 'range', 'is longer than from beginning to end')
  return { startedAt: from, endedAt: to, durationSeconds: seconds }
}

const DAY_MS = 86_400_000

/** The date of a moment in a zone, as days since 1970. A zone that nobody knows is UTC. */
export function localDay(instant: Instant, zone: string | null): number {
  const date = new Intl.DateTimeFormat('en-CA', {
    timeZone: knownZone(zone),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  return Date.parse(`${date.format(new Date(instant))}T00:00:00Z`) / DAY_MS
}

function knownZone(zone: string | null): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone ?? 'UTC' }).resolvedOptions().timeZone
  } catch {
    return 'UTC'
  }
}

/** The week of a moment where somebody lives, `2026-W47`: weeks begin on Monday, the first holds the year's first Thursday (ISO 8601). */
export function weekOf(instant: Instant, zone: string | null): string {
  const day = localDay(instant, zone)
  // 1 January 1970 was a Thursday
  const thursday = day - ((day + 3) % 7) + 3
  const year = new Date(thursday * DAY_MS).getUTCFullYear()
  const first = Date.UTC(year, 0, 1) / DAY_MS
  return `${String(year).padStart(4, '0')}-W${String(Math.floor((thursday - first) / 7) + 1).padStart(2, '0')}`
}

/** The Monday and the Sunday of a week, or nothing where the year has no such week. */
export function datesOf(week: string): { startsOn: string; endsOn: string } | undefined {
  const [, year = '', number = ''] = /^(\d{4})-W(\d{2})$/.exec(week) ?? []
  const fourth = Date.UTC(Number(year), 0, 4) / DAY_MS // always in the first week
  const monday = fourth - ((fourth + 3) % 7) + (Number(number) - 1) * 7
  const date = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10)
  if (!year || weekOf(`${date(monday)}T12:00:00.000Z`, 'UTC') !== week) return
  return { startsOn: date(monday), endsOn: date(monday + 6) }
}
