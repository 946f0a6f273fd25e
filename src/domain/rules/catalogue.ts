import { applyMacro } from '../macros/apply-macro.ts'
import { actionsOf, macroActions } from './actions.ts'

/** What rules can do: what macros can, and macros. */
export const ruleActions = actionsOf([...macroActions.values(), applyMacro])

/** Each action by its name, and what its author gives: for editors. */
export const actionSchemas = (): { action: string; input: Record<string, unknown> }[] =>
  [...ruleActions.values()].flatMap(({ name, ruleAction }) =>
    ruleAction
      ? [{ action: name, input: JSON.parse(JSON.stringify(ruleAction.input)) as Record<string, unknown> }]
      : [],
  )
