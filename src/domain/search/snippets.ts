import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { QueryContext } from '../../kernel/desk.ts'
import { messages } from '../conversations/table.ts'
import type { TextMatch } from './schema.ts'

/** Characters that no text of ours keeps: what lies between them was found. */
const START = '\u0001'
const STOP = '\u0002'
/** A snippet is looked for in so much of a message. */
const LOOKED_THROUGH_MAX = 20_000
const SNIPPET_LENGTH_MAX = 300

const OPTIONS = `StartSel=${START}, StopSel=${STOP}, MaxFragments=2, MaxWords=18, MinWords=8, FragmentDelimiter=" … "`

const headlines = prepareSql<{ ids: string[]; words: string; options: string }, { id: string; headline: string }>()(
  (
    $,
  ) => sql`select ${messages.id} as id, ts_headline('simple', translate(left(${messages.visibleText}, ${sql.raw(String(LOOKED_THROUGH_MAX))}), ${sql.raw(`E'\\x01\\x02'`)}, ''), websearch_to_tsquery('simple', ${$.words}), ${$.options}) as headline
    from ${messages} where ${messages.id} = any(${$.ids}::text[])`,
)

/** A part of each message, with what was found marked. For messages that the asker sees. */
export async function snippets(
  { db }: QueryContext,
  ids: readonly string[],
  words: string,
): Promise<ReadonlyMap<string, TextMatch>> {
  if (!ids.length) return new Map()
  const { rows } = await db.query(headlines.bind({ ids: [...ids], words, options: OPTIONS }))
  return new Map(rows.map(({ id, headline }) => [id, { messageId: id, ...marked(headline) }]))
}

/** Plain text and the places of what was found, out of a text with marks in it. */
export function marked(headline: string): { text: string; marks: { from: number; to: number }[] } {
  const marks: { from: number; to: number }[] = []
  let text = ''
  for (const part of headline.replace(/\s+/g, ' ').trim().split(START)) {
    const end = part.indexOf(STOP)
    const found = end < 0 ? '' : part.slice(0, end)
    if (found) marks.push({ from: text.length, to: text.length + found.length })
    text += found + part.slice(end + 1)
  }
  const cut = text.slice(0, SNIPPET_LENGTH_MAX).toWellFormed()
  return { text: cut, marks: marks.filter(({ to }) => to <= cut.length) }
}
