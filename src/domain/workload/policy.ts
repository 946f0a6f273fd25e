import { type Actor, isAdmin, isAgent, isStaff } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'

/** Admins arrange everybody's work, agents their own; requesters do not learn who works here. */
export function refuseArranging(actor: Actor, personId: string): ProblemCode | undefined {
  if (!isStaff(actor)) return 'person_not_found'
  return isAdmin(actor) || (isAgent(actor) && actor.id === personId) ? undefined : 'forbidden'
}
