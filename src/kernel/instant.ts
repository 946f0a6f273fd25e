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

/** A moment of an input in the one form; null and absence stay. invalid_input at its place where it is none. */
export function instantIn<T extends string | null | undefined>(pointer: string, text: T): T | Instant {
  if (typeof text !== 'string') return text
  const instant = readInstant(text)
  if (instant === undefined) throw invalid(pointer, 'date-time', 'is no moment of the years 1 to 9999 (RFC 3339)')
  return instant
}
