import { type Actor, groups, hasScope, isAdmin, isStaff } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'

/** Keys are for people who work here: their own, or anybody's for admins; never wider than the credential that makes them. */
export function refuseKeyWork(
  actor: Actor,
  personId: string | undefined,
  scopes: readonly string[],
): ProblemCode | undefined {
  if (!isStaff(actor)) return 'forbidden'
  if (personId !== undefined && personId !== actor.id && !isAdmin(actor)) return 'forbidden'
  if (!scopes.every((scope) => covers(actor, scope))) return 'missing_scope'
}

/** Requesters must not learn which keys exist. */
export const hiddenFrom = (actor: Actor): ProblemCode | undefined => (isStaff(actor) ? undefined : 'api_key_not_found')

/** Whether a credential may hand on a scope. */
function covers(actor: Actor, scope: string): boolean {
  if (scope === '*') return actor.kind !== 'person' || actor.scopes.includes('*')
  const [group = '', act] = scope.split(':')
  const known = groups.find((name) => name === group)
  if (known && (act === 'read' || act === 'write')) return hasScope(actor, known, act)
  return actor.kind !== 'person' || actor.scopes.includes('*') || actor.scopes.includes(scope)
}
