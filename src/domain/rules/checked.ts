import { readCondition } from '../../kernel/condition/parse.ts'
import { type Fault, invalidInput } from '../../kernel/problems.ts'
import { ticketFields } from '../tickets/conditions.ts'
import type { Vocabulary } from '../types/store.ts'
import { actionFaults } from './actions.ts'
import type { RuleDefinition } from './schema.ts'

/** Refuses a rule that could not work, with every fault at its place in the input. */
export function checkRule(rule: Pick<RuleDefinition, 'if' | 'then' | 'types'>, words: Vocabulary): void {
  const unknownTypes = (rule.types ?? []).flatMap((type, n): Fault[] =>
    words.types.has(type) ? [] : [{ pointer: `/types/${n}`, code: 'not_found', detail: `${type} is no type` }],
  )
  const errors: (Fault & { didYouMean?: string })[] = [
    ...readCondition(rule.if, ticketFields(words), { at: '/if' }).faults,
    ...actionFaults(rule.then, words),
    ...unknownTypes,
  ]
  if (!errors.length) return
  throw invalidInput(errors)
}
