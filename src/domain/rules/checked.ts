import { readCondition } from '../../kernel/condition/parse.ts'
import { type Fault, invalidInput } from '../../kernel/problems.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { actionFaults } from './actions.ts'
import { ruleActions } from './catalogue.ts'
import type { Named } from './named.ts'
import type { RuleDefinition, WaitInput } from './schema.ts'

interface Checked extends Partial<Pick<RuleDefinition, 'if' | 'then' | 'types' | 'stop'>> {
  after?: WaitInput
}

/** Refuses a rule that could not work, with every fault at its place in the input. What is not given is not asked about. */
export function checkRule({ if: condition, then = [], types, stop, after }: Checked, named: Named): void {
  const { words } = named
  const unknownTypes = (types ?? []).flatMap((type, n): Fault[] =>
    words.types.has(type) ? [] : [{ pointer: `/types/${n}`, code: 'not_found', detail: `${type} is no type` }],
  )
  const detail = 'a rule that waits acts alone: no later rules are there to stop'
  const stopsNobody: Fault[] = stop && after ? [{ pointer: '/stop', code: 'not_allowed', detail }] : []
  const errors: Fault[] = [
    ...(condition ? readCondition(condition, ticketFields(words), { at: '/if' }).faults : []),
    ...actionFaults(ruleActions, then, named, '/then'),
    ...unknownTypes,
    ...stopsNobody,
  ]
  if (!errors.length) return
  throw invalidInput(errors)
}
