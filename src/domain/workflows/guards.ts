import type { Field, Fields } from '../../kernel/condition/language.ts'
import { parseCondition } from '../../kernel/condition/parse.ts'
import { type Predicate, predicateOf } from '../../kernel/condition/predicate.ts'
import { Problem } from '../../kernel/problems.ts'
import { type TicketFacts, ticketFields } from '../tickets/conditions.ts'
import type { Vocabulary } from '../types/store.ts'
import type { Transition } from './schema.ts'

/** A guard is asked when nothing has happened yet. */
const OF_EVENTS = /^(event|message|before)\./

const made = new WeakMap<Vocabulary, Fields<TicketFacts>>()

/** What guards can ask: the ticket, its requester, its organization, and who acts. */
export function guardFields(words: Vocabulary): Fields<TicketFacts> {
  const known = made.get(words)
  if (known) return known
  const fields = new Map(
    [...ticketFields(words)]
      .filter(([name]) => !OF_EVENTS.test(name))
      .map(([name, { changedFrom: _, ...field }]): [string, Field<TicketFacts>] => [name, field]),
  )
  made.set(words, fields)
  return fields
}

const compiled = new WeakMap<Transition, Predicate<TicketFacts>>()

/** Compiled once for each state of the vocabulary. A guard whose words are gone since it was saved never holds. */
export function guardOf(words: Vocabulary, transition: Transition): Predicate<TicketFacts> {
  const known = compiled.get(transition)
  if (known) return known
  const predicate = predicateFor(words, transition)
  compiled.set(transition, predicate)
  return predicate
}

function predicateFor(words: Vocabulary, { guard }: Transition): Predicate<TicketFacts> {
  try {
    const fields = guardFields(words)
    return predicateOf(parseCondition(guard, fields), fields)
  } catch (error) {
    if (error instanceof Problem) return () => false
    throw error
  }
}
