import { type Actor, isAdmin, isAgent, isStaff, type Role } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'

/** Agents add and change requesters; only admins give rights to others or take them. */
export function refusePersonWork(actor: Actor, roles: readonly (Role | undefined)[]): ProblemCode | undefined {
  if (!isAgent(actor)) return 'forbidden'
  if (!isAdmin(actor) && roles.some((role) => role !== undefined && role !== 'requester')) return 'forbidden'
}

/** Requesters know of nobody but themselves; the twin of `visiblePeople` in SQL. */
export const seesPerson = (actor: Actor, person: { id: string }): boolean => isStaff(actor) || actor.id === person.id

export const refuseAdminWork = (actor: Actor): ProblemCode | undefined => (isAdmin(actor) ? undefined : 'forbidden')

export const refuseStaffOnly = (actor: Actor): ProblemCode | undefined => (isStaff(actor) ? undefined : 'forbidden')
