// Chinese, Japanese and the scripts of South-East Asia put nothing between words: there letters and pairs of letters are looked for.
const UNPARTED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{scx=${script}}`)
  .join('')
const LETTER = '[\\p{L}\\p{N}\\p{M}]'
const UNPARTED_LETTER = `[${LETTER}&&[${UNPARTED}]]\\p{M}*`
/** A letter within a word of other scripts: before and after it the word goes on. */
export const JOINING = `[${LETTER}--[${UNPARTED}]]`
/** Letters and digits in a row, as UAX 29 parts words, but simpler; those of scripts that part none for themselves. */
export const WORD = new RegExp(`(?:${UNPARTED_LETTER})+|${JOINING}+`, 'gv')
const BEGINS_UNPARTED = new RegExp(`^[${UNPARTED}]`, 'v')
const EACH_LETTER = new RegExp(UNPARTED_LETTER, 'gv')

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/
const ASCII_MAX = 127
const ASCII_WORD = /[a-z\d]+/g

/** Whether a word is of a script that parts none: it stands beside anything. */
export const standsAlone = (word: string): boolean => word.charCodeAt(0) > ASCII_MAX && BEGINS_UNPARTED.test(word)

/** A longer row of letters is nobody's word: it is found by its beginning. */
const WORD_LENGTH_MAX = 100
/** To put marks in order takes the square of their number (UAX 15 §13 lets a text have thirty in a row). */
const MARKS = /(\p{M}{30})\p{M}+/gu
/** Where a word may be broken at the end of a line. */
const SOFT_HYPHENS = /\u00ad/g

/** Small letters; the two small sigmas are one. */
export const small = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ')

/**
 * The words of a text in the form in which they are looked for: small letters, and one form of each (NFKC). Whatever is no letter and
 * no digit parts words, so that `1234` finds `order-1234`, and `main.ts` finds `src/main.ts`.
 */
export function wordsOf(text: string): string[] {
  if (ASCII.test(text)) return (text.toLowerCase().match(ASCII_WORD) ?? []).map(shortened)
  const plain = small(text.replace(MARKS, '$1').normalize('NFKC')).replace(SOFT_HYPHENS, '')
  return (plain.match(WORD) ?? []).map((word) => (standsAlone(word) ? word : shortened(word)))
}

/** As much of a word as is looked for. */
export const shortened = (word: string): string =>
  word.length > WORD_LENGTH_MAX ? word.slice(0, WORD_LENGTH_MAX).toWellFormed() : word

export const lettersOf = (word: string): string[] => word.match(EACH_LETTER) ?? []

const pairsOf = (letters: readonly string[]): string[] => letters.slice(1).map((letter, n) => `${letters[n]}${letter}`)

/** Phrases, of which all are to be found, as Postgres asks for them: a tsquery. Empty, which finds nothing, where they hold no word. */
export const soughtBy = (phrases: readonly string[]): string =>
  phrases
    .map(wordsOf)
    .filter((words) => words.length)
    .map((words) =>
      words.some((word) => standsAlone(word)) ? words.flatMap(partsOf).join(' & ') : words.join(' <-> '),
    )
    .join(' & ')

/** Of a word in letters that are not parted: its pairs. Where they stand is not asked, as frequent ones have more places than are kept. */
function partsOf(word: string): string[] {
  const letters = standsAlone(word) ? lettersOf(word) : []
  return letters.length > 1 ? [...new Set(pairsOf(letters).map(shortened))] : [shortened(word)]
}
