import type { Placeholder, SQL } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import { prepareSql, type Statement, unnamed } from '../db/statement.ts'

type Row = Record<string, unknown>

/** The first so many forms are prepared by name; sort and filter allow far more than a server should remember. */
const NAMED_FORMS_MAX = 200
let formsMade = 0
const statements = new LRUCache<string, Statement<Row, Row>>({ max: 500 })

/** A statement of a list, made once for each form of question: planning one costs more than running it. */
export function preparedForm(shape: string, make: ($: Record<string, Placeholder>) => SQL): Statement<Row, Row> {
  const ready = statements.get(shape)
  if (ready) return ready
  const made = prepareSql<Row, Row>()(make)
  const kept = formsMade++ < NAMED_FORMS_MAX ? made : unnamed(made)
  statements.set(shape, kept)
  return kept
}
