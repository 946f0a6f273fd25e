import { type Actor, isAgent, isStaff, sharedOrganizationOf } from '../../kernel/actor.ts'
import type { ProblemCode } from '../../kernel/problems.ts'
import { agentsOnly, type Ticket } from './schema.ts'

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

type Row = Ticket & { publicVersion: number; publicUpdatedAt: string }

/** The ticket as this actor reads it: the twin of the columns that `queries.ts` selects. */
export function ticketFor(actor: Actor, ticket: Row): Ticket {
  if (isStaff(actor)) return { ...ticket }
  const hidden = Object.fromEntries(agentsOnly.map((field) => [field, null]))
  return { ...ticket, ...hidden, version: ticket.publicVersion, updatedAt: ticket.publicUpdatedAt }
}
