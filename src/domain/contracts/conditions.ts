import type { Field, Fields } from '../../kernel/condition/language.ts'
import { parseCondition, readCondition } from '../../kernel/condition/parse.ts'
import { predicateOf } from '../../kernel/condition/predicate.ts'
import { type Fault, Problem } from '../../kernel/problems.ts'
import type { TicketFacts } from '../tickets/conditions.ts'
import type { Vocabulary } from '../types/store.ts'
import { guardFields } from '../workflows/guards.ts'
import type { AddContract, Term } from './schema.ts'

/** What the terms of a contract are asked of: the ticket as it is when time is told, and the entry. */
export interface WorkFacts extends TicketFacts {
  entry: { activity: string | null }
}

const made = new WeakMap<Vocabulary, Fields<WorkFacts>>()

function termFields(words: Vocabulary): Fields<WorkFacts> {
  const known = made.get(words)
  if (known) return known
  const activity: Field<WorkFacts> = { type: 'key', read: ({ entry }) => entry.activity }
  const fields = new Map<string, Field<WorkFacts>>([...guardFields(words), ['entry.activity', activity]])
  made.set(words, fields)
  return fields
}

/** Terms as they are kept, or what is wrong with them at its place. */
export function readTerms(
  words: Vocabulary,
  given: NonNullable<AddContract['terms']>,
): { terms: Term[]; faults: Fault[] } {
  const fields = termFields(words)
  const faults = given.flatMap((term, n) => readCondition(term.if, fields, { at: `/terms/${n}/if` }).faults)
  const terms = given.map(({ factorPercent = 100, minimumSeconds = 0, ...term }) => ({
    ...term,
    factorPercent,
    minimumSeconds,
  }))
  return { terms, faults }
}

/** The first term that holds, and where it stands. One whose words are gone since it was saved never holds. */
export function termFor(
  words: Vocabulary,
  terms: readonly Term[],
  facts: WorkFacts,
  asking: { me: string; now: string },
): { term: Term | undefined; position: number | null } {
  const fields = termFields(words)
  const position = terms.findIndex((term) => {
    try {
      return predicateOf(parseCondition(term.if, fields), fields)(facts, asking)
    } catch (error) {
      if (error instanceof Problem) return false
      throw error
    }
  })
  return { term: terms[position], position: position < 0 ? null : position }
}
