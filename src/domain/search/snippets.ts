import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { QueryContext } from '../../kernel/desk.ts'
import { messages } from '../conversations/table.ts'
import type { TextMatch } from './schema.ts'

/** A snippet is looked for in so much of a message. */
const LOOKED_THROUGH_MAX = 20_000
const SNIPPET_LENGTH_MAX = 300
/** So much stands before the first word that was found. */
const LEAD_LENGTH = 60
const MARKS_MAX = 50

const texts = prepareSql<{ ids: string[] }, { id: string; text: string }>()(
  ($) => sql`select ${messages.id} as id, left(${messages.visibleText}, ${sql.raw(String(LOOKED_THROUGH_MAX))}) as text
    from ${messages} where ${messages.id} = any(${$.ids}::text[])`,
)

/** A part of each message, with what was found marked. For messages that the asker sees. */
export async function snippets(
  { db }: QueryContext,
  ids: readonly string[],
  words: string,
): Promise<ReadonlyMap<string, TextMatch>> {
  if (!ids.length) return new Map()
  const { rows } = await db.query(texts.bind({ ids: [...ids] }))
  const wanted = wordsIn(words)
  return new Map(rows.map(({ id, text }) => [id, { messageId: id, ...snippet(text, wanted) }]))
}

// what `simple` takes for words, near enough to show them: letters and digits together
const WORD = /[\p{L}\p{N}_]+/gu

const wordsIn = (words: string): ReadonlySet<string> =>
  new Set([...words.toLowerCase().matchAll(WORD)].map(([word]) => word))

/** Some text around the first word that was found, and the places of all in it. From the beginning where the words stand elsewhere. */
export function snippet(text: string, wanted: ReadonlySet<string>): Omit<TextMatch, 'messageId'> {
  const line = text.replace(/\s+/g, ' ').trim()
  const found = [...line.matchAll(WORD)].filter(([word]) => wanted.has(word.toLowerCase()))
  const [first] = found
  const start = first === undefined || first.index <= LEAD_LENGTH ? 0 : line.indexOf(' ', first.index - LEAD_LENGTH) + 1
  const shown = line.slice(start, start + SNIPPET_LENGTH_MAX).toWellFormed()
  const places = found.slice(0, MARKS_MAX).map(({ 0: word, index }) => ({
    from: index - start,
    to: index - start + word.length,
  }))
  return { text: shown, marks: places.filter(({ from, to }) => from >= 0 && to <= shown.length) }
}
