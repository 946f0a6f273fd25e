import { type Actor, isAgent, isStaff, sharedOrganizationOf } from '../../kernel/actor.ts'
import type { After } from '../../kernel/context.ts'
import type { ProblemCode } from '../../kernel/problems.ts'
import { fieldsFor } from '../fields/policy.ts'
import type { Definitions } from '../fields/schema.ts'
import { agentsOnly, type ChangeTicket, type Ticket } from './schema.ts'

/** Whose a ticket is. */
export type Owned = Pick<Ticket, 'requesterId' | 'organizationId'>

/** Whether a ticket exists for this actor at all; the twin of `ownTickets` in SQL. */
export const seesTicket = (actor: Actor, { requesterId, organizationId }: Owned): boolean =>
  isStaff(actor) ||
  actor.id === requesterId ||
  (organizationId !== null && organizationId === sharedOrganizationOf(actor))

/** Changing fields, assigning and claiming is for agents; who does not see the ticket must not learn that it exists. */
export function refuseAgentWork(actor: Actor, ticket: Owned): ProblemCode | undefined {
  if (!seesTicket(actor, ticket)) return 'ticket_not_found'
  if (!isAgent(actor)) return 'forbidden'
}

/** Requesters change custom fields of their own tickets, as far as these allow it, and nothing else. */
export function refuseChange(
  actor: Actor,
  ticket: Owned,
  { ticketId: _, expectedVersion: _v, fields, ...others }: ChangeTicket,
): ProblemCode | undefined {
  const refusal = refuseAgentWork(actor, ticket)
  if (refusal !== 'forbidden' || isStaff(actor)) return refusal
  const isOwn = actor.id === ticket.requesterId
  return isOwn && fields && !Object.keys(others).length ? undefined : 'forbidden'
}

type Row = Ticket & { publicVersion: number; publicUpdatedAt: string }

const NONE: Definitions = new Map()

/** The ticket as the actor of a command reads it when all is done: also what rules have made of it. For results that are rows. */
export function answeredTicket(made: Ticket, { actor, working }: After<unknown>, definitions?: Definitions): Ticket {
  const held = working(made.id) as { ticket: Row } | undefined // what events of tickets hand on
  return ticketFor(actor, held?.ticket ?? (made as Row), definitions)
}

/** The ticket as this actor reads it, requesters without any custom fields that are not given: the twin of the columns that `queries.ts` selects. */
export function ticketFor(actor: Actor, ticket: Row, definitions = NONE): Ticket {
  if (isStaff(actor)) return { ...ticket }
  const hidden = Object.fromEntries(agentsOnly.map((field) => [field, null]))
  const fields = fieldsFor(actor, ticket.fields, definitions)
  return { ...ticket, ...hidden, fields, version: ticket.publicVersion, updatedAt: ticket.publicUpdatedAt }
}
