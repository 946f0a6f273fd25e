import type { Condition, Value } from '../../kernel/condition/language.ts'
import type { SlaTarget } from '../sla/schema.ts'
import type { StatusMapping, Transition } from '../workflows/schema.ts'
import type { Noun } from './schema.ts'

/** One word that takes the place of another. */
export interface Renaming {
  noun: Noun
  from: string
  to: string
}

/** A condition that asks for the other word wherever it asked for this one. */
export function renamedCondition(condition: Condition, renaming: Renaming): Condition {
  if ('all' in condition) return { all: condition.all.map((each) => renamedCondition(each, renaming)) }
  if ('any' in condition) return { any: condition.any.map((each) => renamedCondition(each, renaming)) }
  if ('none' in condition) return { none: condition.none.map((each) => renamedCondition(each, renaming)) }
  const { field, value } = condition
  if (field.replace(/^before\./, '') !== renaming.noun || value === undefined) return condition
  return { ...condition, value: renamedValue(value, renaming) }
}

const renamedValue = (value: Value, { from, to }: Renaming): Value => {
  if (Array.isArray(value)) return [...new Set(value.map((each) => (each === from ? to : each)))]
  return value === from ? to : value
}

/** Actions of rules and macros that set the other word. */
export const renamedActions = <A extends Record<string, unknown>>(
  actions: readonly A[],
  { noun, from, to }: Renaming,
): A[] => actions.map((action) => (action[noun] === from ? { ...action, [noun]: to } : action))

/** A list of keys without repetitions. */
export const renamedKeys = (keys: readonly string[], { from, to }: Renaming): string[] => [
  ...new Set(keys.map((key) => (key === from ? to : key))),
]

/** What is promised for the other word; where it has a promise of its own that one stays. */
export const renamedTargets = (targets: readonly SlaTarget[], { from, to }: Renaming): SlaTarget[] =>
  targets.some(({ priority }) => priority === to)
    ? targets.filter(({ priority }) => priority !== from)
    : targets.map((target) => (target.priority === from ? { ...target, priority: to } : target))

export interface Ways {
  statuses: string[]
  transitions: Transition[]
  statusMapping: StatusMapping[]
}

/** A workflow in which the other word stands. A way from a status to itself is left: without any way all would be allowed. */
export function renamedWorkflow({ statuses, transitions, statusMapping }: Ways, renaming: Renaming): Ways {
  const ofTransition = (transition: Transition): Transition => {
    const guard = transition.guard && renamedCondition(transition.guard, renaming)
    if (renaming.noun !== 'status') return { ...transition, guard }
    const { from, to } = transition
    return {
      ...transition,
      from: from && renamedKeys(from, renaming),
      to: to === renaming.from ? renaming.to : to,
      guard,
    }
  }
  const renamed = transitions.map(ofTransition)
  if (renaming.noun !== 'status') return { statuses, transitions: renamed, statusMapping }
  return {
    statuses: renamedKeys(statuses, renaming),
    transitions: renamed,
    statusMapping: statusMapping
      .filter(({ from }) => from !== renaming.from)
      .map((mapping) => (mapping.to === renaming.from ? { ...mapping, to: renaming.to } : mapping)),
  }
}
