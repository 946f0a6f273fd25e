import { readCondition } from '../../kernel/condition/parse.ts'
import { type Fault, invalidInput } from '../../kernel/problems.ts'
import { ticketFields } from '../tickets/conditions.ts'
import type { Vocabulary } from '../types/store.ts'
import { actionFaults } from './actions.ts'
import type { RuleDefinition, WaitInput } from './schema.ts'

interface Checked extends Pick<RuleDefinition, 'if' | 'then' | 'types'> {
  after?: WaitInput
  stop?: boolean
}

/** Refuses a rule that could not work, with every fault at its place in the input. */
export function checkRule(rule: Checked, words: Vocabulary): void {
  const unknownTypes = (rule.types ?? []).flatMap((type, n): Fault[] =>
    words.types.has(type) ? [] : [{ pointer: `/types/${n}`, code: 'not_found', detail: `${type} is no type` }],
  )
  const stopsNobody: Fault[] =
    rule.stop && rule.after
      ? [
          {
            pointer: '/stop',
            code: 'not_allowed',
            detail: 'a rule that waits acts alone: no later rules are there to stop',
          },
        ]
      : []
  const errors: (Fault & { didYouMean?: string })[] = [
    ...readCondition(rule.if, ticketFields(words), { at: '/if' }).faults,
    ...actionFaults(rule.then, words),
    ...unknownTypes,
    ...stopsNobody,
  ]
  if (!errors.length) return
  throw invalidInput(errors)
}
