import { fold } from '../../kernel/condition/fold.ts'

// Chinese, Japanese and the scripts of South-East Asia put nothing between words: there each letter is a word of its own, and a word is
// found as letters in a row.
const UNPARTED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{scx=${script}}`)
  .join('')
const LETTER = '[\\p{L}\\p{N}\\p{M}]'
/** A letter that is a word, or letters and digits in a row: as UAX 29 parts words, but simpler. */
const WORD_SOURCE = `[${LETTER}&&[${UNPARTED}]]\\p{M}*|[${LETTER}--[${UNPARTED}]]+`

/** For places in a text as it was written. */
export const WORD = new RegExp(WORD_SOURCE, 'gv')
/** A letter before or after which a word goes on. */
export const JOINING = `[${LETTER}--[${UNPARTED}]]`
/** Words whose letters are words themselves stand beside anything. */
export const STANDS_ALONE = new RegExp(`^[${UNPARTED}]`, 'v')

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/
const ASCII_WORD = /[a-z\d]+/g

/** A longer row of letters is nobody's word: it is found by its beginning. */
const WORD_LENGTH_MAX = 100

/**
 * The words of a text in the form in which they are looked for: small letters, and one form of each letter (NFKC). Whatever is no
 * letter and no digit parts words, so that `1234` finds `order-1234`, and `main.ts` finds `src/main.ts`.
 */
export function wordsOf(text: string): string[] {
  const found = ASCII.test(text) ? text.toLowerCase().match(ASCII_WORD) : fold(text.normalize('NFKC')).match(WORD)
  return (found ?? []).map(shortened)
}

const shortened = (word: string): string => (word.length > WORD_LENGTH_MAX ? word.slice(0, WORD_LENGTH_MAX) : word)

/** Phrases, of which all are to be found, as Postgres asks for them: a tsquery. Empty, which finds nothing, where they hold no word. */
export const soughtBy = (phrases: readonly string[]): string =>
  phrases
    .map(wordsOf)
    .filter((words) => words.length)
    .map((words) => words.join(' <-> '))
    .join(' & ')

/** What a word in a part of a text weighs, from A to D. */
export interface Part {
  text: string
  weight: 'A' | 'B' | ''
}

/** Postgres keeps no later place of a word, and no more of one word. */
const PLACE_MAX = 16_383
const PLACES_MAX = 255

/** Texts as Postgres looks through them: a tsvector, with the places of words one after another. No phrase goes from one text into the next. */
export function vectorOf(parts: readonly Part[]): string {
  const places = new Map<string, string[]>()
  let at = 0
  for (const { text, weight } of parts) {
    for (const word of wordsOf(text)) {
      at = Math.min(at + 1, PLACE_MAX)
      const known = places.get(word)
      if (!known) places.set(word, [at + weight])
      else if (at < PLACE_MAX && known.length < PLACES_MAX) known.push(at + weight)
    }
    at++
  }
  return [...places].map(([word, all]) => `${word}:${all.join(',')}`).join(' ')
}
