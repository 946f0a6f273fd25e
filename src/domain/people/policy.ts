import { type Actor, isAdmin, isAgent, isStaff, reachOf } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'

/** Agents add and change requesters; only admins give rights to others or take them. */
export function refusePersonWork(actor: Actor, roles: readonly (string | undefined)[]): ProblemCode | undefined {
  if (!isAgent(actor)) return 'forbidden'
  if (!isAdmin(actor) && roles.some((role) => role !== undefined && role !== 'requester')) return 'forbidden'
}

/** Requesters know of nobody but themselves; the twin of `visiblePeople` in SQL. */
export const seesPerson = (actor: Actor, person: { id: string }): boolean => isStaff(actor) || actor.id === person.id

/** Only admins; `hidden` is what a requester hears, who must not learn what exists. */
export const refuseAdminWork = (actor: Actor, hidden: ProblemCode = 'forbidden'): ProblemCode | undefined => {
  if (!isAdmin(actor)) return isStaff(actor) ? 'forbidden' : hidden
}

/** What tells of all tickets at once is not for those who see some. */
export const refuseUnlimited = (actor: Actor): ProblemCode | undefined =>
  reachOf(actor) === 'all' ? undefined : 'forbidden'

export const refuseStaffOnly = (actor: Actor): ProblemCode | undefined => (isStaff(actor) ? undefined : 'forbidden')
