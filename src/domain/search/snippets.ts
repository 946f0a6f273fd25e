import { type SQL, sql } from 'drizzle-orm'
import type { TextMatch } from './schema.ts'
import { JOINING, small, standsAlone, WORD, wordsOf } from './words.ts'

/** A snippet is looked for in so much of a message. */
const LOOKED_THROUGH_MAX = 20_000
const SNIPPET_LENGTH_MAX = 300
/** So much stands before the first word that was found. */
const LEAD_LENGTH = 60
const MARKS_MAX = 50

/** A message that was found, and the beginning of what it says. */
export interface Said {
  id: string
  text: string
}

/** What a snippet is made of, of a message under this name. */
export const textOf = (name: SQL): SQL => {
  const max = sql.raw(String(LOOKED_THROUGH_MAX))
  // `left` counts the letters, a tenth of what the whole search takes; the length in bytes stands before the text
  return sql`case when octet_length(${name}.visible_text) <= ${max} then ${name}.visible_text else left(${name}.visible_text, ${max}) end`
}

/** A part of each message, with what was found marked; by its ticket. For messages that the asker sees. */
export function snippets(found: ReadonlyMap<string, Said>, words: readonly string[]): ReadonlyMap<string, TextMatch> {
  const wanted = new Set(words.flatMap(wordsOf))
  return new Map([...found].map(([ticketId, { id, text }]) => [ticketId, { messageId: id, ...snippet(text, wanted) }]))
}

const IS_LETTER = /[a-z\d]/i
const BEGINS_WITH_LETTER = new RegExp(`^${JOINING}`, 'v')
const ENDS_WITH_LETTER = new RegExp(`${JOINING}$`, 'v')

/** Some text around the first word that was found, and the places of all in it. From the beginning where the words stand elsewhere. */
export function snippet(text: string, wanted: ReadonlySet<string>): Omit<TextMatch, 'messageId'> {
  const [first] = placesOf(text, wanted, 1)
  // blanks are taken together below: what is cut here is several times what is shown
  const from = Math.max(0, (first?.from ?? 0) - LEAD_LENGTH * SPARE)
  const line = text
    .slice(from, from + (LEAD_LENGTH + SNIPPET_LENGTH_MAX) * SPARE)
    .replace(/\s{2,}|[^\S ]/g, ' ')
    .trim()
  const places = placesOf(line, wanted, MARKS_MAX)
  const [nearest] = places
  const start =
    nearest === undefined || nearest.from <= LEAD_LENGTH ? 0 : line.indexOf(' ', nearest.from - LEAD_LENGTH) + 1
  const shown = line.slice(start, start + SNIPPET_LENGTH_MAX).toWellFormed()
  const marks = places
    .map(({ from, to }) => ({ from: from - start, to: to - start }))
    .filter(({ from, to }) => from >= 0 && to <= shown.length)
  return { text: shown, marks }
}

const SPARE = 4

/** Where the wanted words stand, at most so many. */
function placesOf(text: string, wanted: ReadonlySet<string>, max: number): TextMatch['marks'] {
  const low = small(text)
  // a letter that is two when it is small would move what comes after it
  return wanted.size <= FEW && low.length === text.length
    ? placesOfEach(low, wanted, max)
    : placesOfAny(text, wanted, max)
}

/** So many words are looked for one after another; more of them word by word, which takes as long however many they are. */
const FEW = 8
/** And so often within other words, as `a` in `aaaa`. */
const TRIES_MAX = 1_000

function placesOfEach(low: string, wanted: ReadonlySet<string>, max: number): TextMatch['marks'] {
  const places: TextMatch['marks'] = []
  for (const word of wanted) {
    const isAlone = standsAlone(word)
    let left = max
    let tries = TRIES_MAX
    for (let from = low.indexOf(word); from >= 0 && left > 0 && tries-- > 0; from = low.indexOf(word, from + 1)) {
      const to = from + word.length
      if (!isAlone && (isLetterBefore(low, from) || isLetterAt(low, to))) continue
      places.push({ from, to })
      left--
    }
  }
  return places.sort((a, b) => a.from - b.from).slice(0, max)
}

const ASCII = 128

/** Whether a word goes on there. What is no ASCII may be half of a letter. */
function isLetterAt(text: string, at: number): boolean {
  return text.charCodeAt(at) < ASCII ? IS_LETTER.test(text[at] ?? '') : BEGINS_WITH_LETTER.test(text.slice(at, at + 2))
}

function isLetterBefore(text: string, at: number): boolean {
  if (at === 0) return false
  return text.charCodeAt(at - 1) < ASCII
    ? IS_LETTER.test(text[at - 1] ?? '')
    : ENDS_WITH_LETTER.test(text.slice(Math.max(0, at - 2), at))
}

function placesOfAny(text: string, wanted: ReadonlySet<string>, max: number): TextMatch['marks'] {
  const places: TextMatch['marks'] = []
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!wanted.has(small(word))) continue
    places.push({ from: index, to: index + word.length })
    if (places.length === max) break
  }
  return places
}
