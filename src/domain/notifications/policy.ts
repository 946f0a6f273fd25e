import { type Actor, isStaff } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'

/** People who work here have a list of their own; requesters are written to. */
export const refuseOthers = (actor: Actor): ProblemCode | undefined =>
  actor.kind === 'person' && isStaff(actor) ? undefined : 'forbidden'
