import type { Instant } from './clock.ts'
import { invalid } from './problems.ts'

const FORM = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** RFC 3339 in any zone as the one form of the house; undefined for what is no moment of the years 1 to 9999. */
export function readInstant(text: string): Instant | undefined {
  const time = FORM.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) return
  const instant = new Date(time)
  return instant.getUTCFullYear() >= 1 && instant.getUTCFullYear() <= 9999 ? instant.toISOString() : undefined
}

/** A day of the calendar, `2026-11-22`, of the years 1 to 9999. */
export function isDate(text: string): boolean {
  const time =
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !text.startsWith('0000') ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // Date.parse goes on from the end of a month into the next
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** A moment of an input in the one form; null and absence stay. invalid_input at its place where it is none. */
export function instantIn<T extends string | null | undefined>(pointer: string, text: T): T | Instant {
  if (typeof text !== 'string') return text
  const instant = readInstant(text)
  if (instant === undefined) throw invalid(pointer, 'date-time', 'is no moment of the years 1 to 9999 (RFC 3339)')
  return instant
}
