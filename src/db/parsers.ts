import pg from 'pg'

const TIMESTAMPTZ = 1184
const TEXT_ARRAY: number = 1009
const BIGINT = 20
const JSONB = 3802

let lastText = ''
let lastInstant = ''

/** A row tells the same moment several times over: what was made of the last text is kept. */
function instantFrom(text: string): string {
  if (text !== lastText) {
    lastInstant = rfc3339(text)
    lastText = text
  }
  return lastInstant
}

/** `2026-11-22 06:20:00.123+00`, as Postgres prints it in UTC, with zeros at the end left out → RFC 3339 with milliseconds. */
function rfc3339(text: string): string {
  // nine times out of ten all three digits are there
  if (text.length === 26) return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`
  const fraction = text.slice(20, text.indexOf('+', 19))
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
}

/** `{vip,printer}` → its items; what is quoted or empty goes the long way. */
function textsFrom(text: string): unknown {
  if (text === '{}') return []
  if (/["\\]|NULL/.test(text)) return pg.types.getTypeParser(TEXT_ARRAY)(text)
  return text.slice(1, -1).split(',')
}

/** Most of our objects and lists are empty: a page of tickets has one of each in every row. */
function jsonFrom(text: string): unknown {
  if (text === '{}') return {}
  return text === '[]' ? [] : JSON.parse(text)
}

/** Our numbers stay far below 2^53: sequences, counts and sizes. */
export const parsers: Record<number, (text: string) => unknown> = {
  [TIMESTAMPTZ]: instantFrom,
  [BIGINT]: Number,
  [TEXT_ARRAY]: textsFrom,
  [JSONB]: jsonFrom,
}
