import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

// Case is folded letter by letter for Latin, Greek and Cyrillic, from a table of our own: what a database's `lower` does depends on its
// locale and version, and a predicate could not agree with it. Letters whose small form is longer, or is shared, stay as they are.
const pairs = Array.from({ length: 0x0530 - 0x00c0 }, (_, n) => String.fromCharCode(0x00c0 + n)).flatMap((upper) => {
  const lower = upper.toLowerCase()
  return lower !== upper && lower.length === 1 && lower.toUpperCase() === upper ? [[upper, lower] as const] : []
})
const smallOf = new Map<string, string>(pairs)
const UPPERS = pairs.map(([upper]) => upper).join('')
const LOWERS = pairs.map(([, lower]) => lower).join('')

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/
const CAPITALS = /[A-Z\u00c0-\u052f]/g

/** Rules of one event ask again and again for the same few texts. */
const RECENT_MAX = 4
const recent: { text: string; small: string }[] = []
let next = 0

/** A text in small letters, the twin of `folded`. */
export function fold(text: string): string {
  for (const kept of recent) if (kept.text === text) return kept.small
  const small = foldAnew(text)
  recent[next] = { text, small }
  next = (next + 1) % RECENT_MAX
  return small
}

const foldAnew = (text: string): string =>
  ASCII.test(text)
    ? text.toLowerCase()
    : text.replace(CAPITALS, (letter) => (letter < '\x7f' ? letter.toLowerCase() : (smallOf.get(letter) ?? letter)))

/** The same in SQL. ASCII alone goes the short way: `translate` looks through its list for every letter. */
export const folded = (column: PgColumn | SQL): SQL =>
  sql`case when octet_length(${column}) = char_length(${column}) then lower(${column} collate "C") else translate(lower(${column} collate "C"), ${sql.raw(`'${UPPERS}', '${LOWERS}'`)}) end`
