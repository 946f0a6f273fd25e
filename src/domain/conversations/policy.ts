import { type Actor, isAgent, isStaff } from '../../kernel/actor.ts'
import type { Refusal } from '../../kernel/context.ts'
import { invalid, type Problem } from '../../kernel/problems.ts'
import { type Owned, refuseGone, seesTicket } from '../tickets/policy.ts'
import type { ConversationKind, Visibility } from './schema.ts'

/** Agents reply, the requester, and who shares the organization's tickets; a requester must not learn that other tickets exist; a light agent only notes. */
export function refuseReply(actor: Actor, ticket: Owned): Refusal {
  if (!seesTicket(actor, ticket)) return 'ticket_not_found'
  if (isStaff(actor) && !isAgent(actor)) return 'forbidden'
  return refuseGone(actor, ticket)
}

/** A reply says what is given or what a template says. */
export function refuseWords({ body, template }: { body?: string; template?: unknown }): Problem | undefined {
  if ((body === undefined) === (template === undefined))
    return invalid(body === undefined ? '/body' : '/template', 'ambiguous', 'give either a body or a template')
}

/** Notes are for everybody who works here. */
export function refuseNote(actor: Actor, ticket: Owned): Refusal {
  if (!seesTicket(actor, ticket)) return 'ticket_not_found'
  if (!isStaff(actor)) return 'forbidden'
  return refuseGone(actor, ticket)
}

/** Light agents keep to what is internal, and requesters know of no such conversation. */
export function refuseSide(actor: Actor, ticket: Owned, { kind }: { kind: ConversationKind }): Refusal {
  if (!isStaff(actor) || !seesTicket(actor, ticket)) return 'conversation_not_found'
  if (kind === 'customer' && !isAgent(actor)) return 'forbidden'
  return refuseGone(actor, ticket)
}

/** Internal notes and held messages never reach a requester; the twin of `visibleMessages` in SQL. */
export const seesMessage = (actor: Actor, message: { visibility: Visibility; held: boolean }): boolean =>
  isStaff(actor) || (message.visibility === 'public' && !message.held)
