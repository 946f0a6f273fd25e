import { type Actor, isAdmin, isAgent, isStaff } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'

/** Whom domains bring together, and whether they read one another's tickets, decides who sees what: that is for admins. */
const decidesVisibility = ({ domains, sharesTickets }: { domains?: unknown; sharesTickets?: unknown }): boolean =>
  domains !== undefined || sharesTickets !== undefined

/** Agents add and change organizations as far as nobody sees more or less by it. */
export function refuseOrganizationWork(
  actor: Actor,
  input: { domains?: unknown; sharesTickets?: unknown },
): ProblemCode | undefined {
  if (!isAgent(actor)) return 'forbidden'
  if (decidesVisibility(input) && !isAdmin(actor)) return 'forbidden'
}

/** Requesters must not learn which organizations exist. */
export const hiddenOrganization = (actor: Actor): ProblemCode | undefined =>
  isStaff(actor) ? undefined : 'organization_not_found'
