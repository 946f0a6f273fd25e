import { type Static, Type } from 'typebox'
import { ConditionInput } from '../../kernel/condition/schema.ts'
import { CURSOR_LENGTH_MAX, LIMIT_MAX } from '../../kernel/page.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import type { Ticket } from '../tickets/schema.ts'

/** Long filters and words: a read with a body. */
export const SearchTickets = Closed({
  condition: Type.Optional(ConditionInput),
  query: Type.Optional(
    Type.String({
      maxLength: 500,
      description: 'is:open priority:>=high tag:vip assignee:me created:>-7d "paper jam" printer',
    }),
  ),
  sort: Type.Optional(
    Type.String({
      maxLength: 300,
      description: 'As in lists; by relevance where words are asked for and nothing is said',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMIT_MAX })),
  after: Type.Optional(Type.String({ maxLength: CURSOR_LENGTH_MAX })),
  before: Type.Optional(Type.String({ maxLength: CURSOR_LENGTH_MAX })),
  includeTotal: Type.Optional(Type.Boolean()),
})
export type SearchTickets = Static<typeof SearchTickets>

const Mark = Closed({ from: Type.Integer(), to: Type.Integer() }, { $id: 'TextMark' })

/** Where the words of a search were found. */
export const TextMatch = Closed(
  {
    messageId: Id('The message that matches best'),
    text: Type.String({ description: 'A part of it, plain' }),
    marks: Type.Array(Mark, { description: 'What was found in the text: from one UTF-16 unit to before another' }),
  },
  { $id: 'TextMatch' },
)
export type TextMatch = Static<typeof TextMatch>

export interface Found {
  ticket: Ticket
  match: TextMatch | null
}

export const searchSchemas = { TextMark: Mark, TextMatch }
