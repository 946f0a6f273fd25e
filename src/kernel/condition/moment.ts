import { after, DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../clock.ts'
import { readInstant } from '../instant.ts'

/** A moment of a condition: fixed, or so far from now. */
export type Moment = { at: Instant } | { offsetMs: number }

const UNITS: Record<string, number> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS }

/** `2026-11-22T08:00:00Z`, `2026-11-22` (its first moment in UTC), `-7d`, `+2h`, `now`; undefined for anything else. */
export function readMoment(text: string): Moment | undefined {
  if (text === 'now') return { offsetMs: 0 }
  const [, sign, count, unit = ''] = /^([+-])(\d{1,5})([mhdw])$/.exec(text) ?? []
  if (count !== undefined) return { offsetMs: Number(`${sign}${count}`) * (UNITS[unit] ?? 0) }
  const at = readInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  return at === undefined ? undefined : { at }
}

export const instantAt = (moment: Moment, now: Instant): Instant =>
  'at' in moment ? moment.at : after(now, moment.offsetMs)

/** `-7d` is from then to now, `+2h` from now to then; two moments are what lies between them, both included. */
export function readSpan(value: unknown): [Moment, Moment] | undefined {
  if (Array.isArray(value)) {
    const [from, to, ...more] = value.map((each) => (typeof each === 'string' ? readMoment(each) : undefined))
    return from && to && !more.length ? [from, to] : undefined
  }
  const moment = typeof value === 'string' ? readMoment(value) : undefined
  if (!moment || !('offsetMs' in moment)) return
  const now = { offsetMs: 0 }
  return moment.offsetMs < 0 ? [moment, now] : [now, moment]
}
