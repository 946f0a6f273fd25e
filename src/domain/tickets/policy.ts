import {
  type Actor,
  hasOwnRole,
  isAgent,
  isStaff,
  mayChange,
  reachOf,
  sharedOrganizationOf,
  teamsOf,
} from '../../kernel/actor.ts'
import type { After, Refusal } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import { fieldsFor } from '../fields/policy.ts'
import type { Definitions } from '../fields/schema.ts'
import { agentsOnly, type ChangeTicket, type Ticket } from './schema.ts'

/** Whose a ticket is, and whether it is there. */
export type Owned = Pick<
  Ticket,
  'requesterId' | 'organizationId' | 'assigneeId' | 'teamId' | 'deletedAt' | 'mergedIntoId'
>

/** Whether a ticket exists for this actor at all; the twin of `seenTicket` in SQL. */
export function seesTicket(actor: Actor, ticket: Owned): boolean {
  const { requesterId, organizationId, assigneeId, teamId, deletedAt } = ticket
  const reach = reachOf(actor)
  if (reach === 'all') return true
  if (reach === 'limited')
    return assigneeId === actor.id || requesterId === actor.id || teamsOf(actor).some((id) => id === teamId)
  const isShared = organizationId !== null && organizationId === sharedOrganizationOf(actor)
  return deletedAt === null && (actor.id === requesterId || isShared)
}

/** Changing fields, assigning and claiming is for agents; who does not see the ticket must not learn that it exists. */
export const refuseAgentWork = (actor: Actor, ticket: Owned): Refusal =>
  refuseAgents(actor, ticket) ?? refuseGone(actor, ticket)

/** The same for acts on a ticket that is deleted or merged. */
export function refuseAgents(actor: Actor, ticket: Owned): Refusal {
  if (!seesTicket(actor, ticket)) return 'ticket_not_found'
  if (!isAgent(actor)) return 'forbidden'
}

/** Nothing is done to what is deleted, or goes on elsewhere. Of whom else that ticket is, requesters are told nothing. */
export function refuseGone(actor: Actor, { deletedAt, mergedIntoId }: Owned): Refusal {
  if (deletedAt !== null) return 'ticket_deleted'
  if (mergedIntoId !== null) return new Problem('ticket_merged', isStaff(actor) ? { mergedIntoId } : {})
}

/** Requesters change custom fields of their own tickets, as far as these allow it; a role of the desk's own what it names. */
export function refuseChange(
  actor: Actor,
  ticket: Owned,
  { ticketId: _, expectedVersion: _v, ...wanted }: ChangeTicket,
): Refusal {
  if (!seesTicket(actor, ticket)) return 'ticket_not_found'
  const names = Object.keys(wanted).map((name) => (name === 'addTags' || name === 'removeTags' ? 'tags' : name))
  const isAllowed =
    isAgent(actor) || hasOwnRole(actor)
      ? names.every((name) => mayChange(actor, name))
      : !isStaff(actor) && actor.id === ticket.requesterId && names.join() === 'fields'
  return isAllowed ? refuseGone(actor, ticket) : 'forbidden'
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
  return {
    ...ticket,
    ...hidden,
    fields,
    mergedIntoId: null,
    version: ticket.publicVersion,
    updatedAt: ticket.publicUpdatedAt,
  }
}
