import { after, DAY_MS, type Instant } from '../clock.ts'
import { isDate } from '../instant.ts'

/** A day of a condition: fixed, or so far from today. */
export type Day = { on: string } | { offsetDays: number }

const UNITS: Record<string, number> = { d: 1, w: 7 }

/** `2026-11-22`, `today`, `-7d`, `+2w`; undefined for anything else. Today is the day in UTC. */
export function readDay(text: string): Day | undefined {
  if (text === 'today') return { offsetDays: 0 }
  const [, sign, count, unit = ''] = /^([+-])(\d{1,4})([dw])$/.exec(text) ?? []
  if (count !== undefined) return { offsetDays: Number(`${sign}${count}`) * (UNITS[unit] ?? 0) }
  return isDate(text) ? { on: text } : undefined
}

export const dayAt = (day: Day, now: Instant): string =>
  'on' in day ? day.on : after(now, day.offsetDays * DAY_MS).slice(0, 10)

/** `-7d` is from then to today, `+2w` from today to then; two days are what lies between them, both included. */
export function readDaySpan(value: unknown): [Day, Day] | undefined {
  if (Array.isArray(value)) {
    const [from, to, ...more] = value.map((each) => (typeof each === 'string' ? readDay(each) : undefined))
    return from && to && !more.length ? [from, to] : undefined
  }
  const day = typeof value === 'string' ? readDay(value) : undefined
  if (!day || !('offsetDays' in day)) return
  const today = { offsetDays: 0 }
  return day.offsetDays < 0 ? [day, today] : [today, day]
}
