import { type Actor, isAdmin, isAgent, isStaff } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'
import type { ViewOwner } from './schema.ts'

export interface Owned {
  owner: ViewOwner
  ownerId: string | null
}

/** Whether a view exists for this actor; the twin of `visibleViews` in SQL. Somebody's own view is theirs alone. */
export function seesView(actor: Actor, { owner, ownerId }: Owned, isMember: boolean): boolean {
  if (!isStaff(actor)) return false
  if (owner === 'person') return ownerId === actor.id
  return owner === 'shared' || isMember || isAdmin(actor)
}

/** Everybody who works here changes their own, agents those of their teams, admins the shared ones. */
export function refuseViewWork(actor: Actor, view: Owned, isMember: boolean): ProblemCode | undefined {
  if (!seesView(actor, view, isMember)) return 'view_not_found'
  if (view.owner === 'shared' && !isAdmin(actor)) return 'forbidden'
  if (view.owner === 'team' && !isAgent(actor)) return 'forbidden'
}
