import { type Actor, isAdmin, isStaff } from '../../kernel/actor.ts'
import type { Refusal } from '../../kernel/context.ts'
import { Problem, type ProblemCode } from '../../kernel/problems.ts'
import { type Owned, refuseGone, seesTicket } from '../tickets/policy.ts'
import type { EntryState } from './schema.ts'

/** Whether time can be spent on a ticket; what runs already may end on one that is gone. */
export const refuseSpending = (actor: Actor, ticket: Owned): Refusal =>
  refuseTime(actor, ticket) ?? refuseGone(actor, ticket)

/** Those who work here spend time; requesters see nothing of it. */
export function refuseTime(actor: Actor, ticket: Owned): ProblemCode | undefined {
  if (!seesTicket(actor, ticket)) return 'ticket_not_found'
  return isStaff(actor) && actor.kind === 'person' ? undefined : 'forbidden'
}

/** One's own entries, and for admins everybody's. */
export function refuseEntryWork(actor: Actor, entry: { personId: string } | undefined): ProblemCode | undefined {
  if (!isStaff(actor) || !entry) return 'time_entry_not_found'
  return entry.personId === actor.id || isAdmin(actor) ? undefined : 'forbidden'
}

/** What stands in a timesheet that was handed in is corrected by a reversal, or not at all. */
export const refuseKept = ({ state }: { state: EntryState }): Problem | undefined =>
  state === 'open' ? undefined : new Problem('time_entry_kept', { detail: `The entry is ${state}`, state })
