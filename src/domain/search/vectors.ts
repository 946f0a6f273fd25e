import { lettersOf, shortened, standsAlone, wordsOf } from './words.ts'

/** What a word in a part of a text weighs, from A to D. */
export interface Part {
  text: string
  weight: 'A' | 'B' | ''
}

/** Postgres keeps no later place of a word, and no more of one word. */
const PLACE_MAX = 16_383
const PLACES_MAX = 255
/** Postgres takes a mebibyte: words in UTF-8, each aligned and with the number of its places, and two bytes for a place. */
const BYTES_MAX = 1_000_000
const WORD_BYTES = 4
const PLACE_BYTES = 2
const UNIT_BYTES_MAX = 3

/** The two bits above a place. */
const WEIGHTS: Readonly<Record<Part['weight'], number>> = { A: 3 << 14, B: 2 << 14, '': 0 }

type Places = Map<string, number[]>

/**
 * Texts as Postgres looks through them, with the places of words one after another: a tsvector in the form in which it is sent
 * (`tsvectorrecv`), since to read one from text takes the server six times as long. No phrase goes from one text into the next. What
 * there is no room for is not found.
 */
export const vectorOf = (parts: readonly Part[]): Uint8Array => encoded(placesIn(parts))

function placesIn(parts: readonly Part[]): Places {
  const places: Places = new Map()
  let at = 0
  let bytes = 0
  const add = (word: string, weight: number) => {
    const known = places.get(word)
    // nothing stands at one place twice; all that comes late stands at the last
    if (known && (known.length === PLACES_MAX || isAt(known, at))) return
    const more = PLACE_BYTES + (known ? 0 : WORD_BYTES + word.length * UNIT_BYTES_MAX)
    if (bytes + more > BYTES_MAX) return
    bytes += more
    if (known) known.push(at | weight)
    else places.set(word, [at | weight])
  }
  const addLetters = (letters: readonly string[], weight: number) => {
    for (const [n, letter] of letters.entries()) {
      at = Math.min(at + 1, PLACE_MAX)
      add(shortened(letter), weight)
      const next = letters[n + 1]
      if (next !== undefined) add(shortened(letter + next), weight)
    }
  }
  for (const { text, weight } of parts) {
    for (const word of wordsOf(text)) {
      if (standsAlone(word)) {
        addLetters(lettersOf(word), WEIGHTS[weight])
        continue
      }
      at = Math.min(at + 1, PLACE_MAX)
      add(word, WEIGHTS[weight])
    }
    at++
  }
  return places
}

const isAt = (places: readonly number[], at: number): boolean => ((places.at(-1) ?? 0) & PLACE_MAX) >= at

/** The number of words; of each its UTF-8 with a zero at its end, the number of its places, and these. */
function encoded(places: Places): Uint8Array {
  let size = 4
  for (const [word, all] of places) size += Buffer.byteLength(word) + 3 + all.length * PLACE_BYTES
  const bytes = Buffer.allocUnsafe(size)
  let end = bytes.writeInt32BE(places.size)
  for (const [word, all] of places) {
    end += bytes.write(word, end)
    end = bytes.writeUInt8(0, end)
    end = bytes.writeUInt16BE(all.length, end)
    for (const place of all) end = bytes.writeUInt16BE(place, end)
  }
  return bytes
}
