import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { mergeTicket } from '../domain/merges/merge-ticket.ts'
import { splitTicket } from '../domain/merges/split-ticket.ts'
import { undoMerge } from '../domain/merges/undo-merge.ts'
import { deleteTicket } from '../domain/tickets/delete-ticket.ts'
import { markAsSpam } from '../domain/tickets/mark-as-spam.ts'
import { restoreTicket } from '../domain/tickets/restore-ticket.ts'
import { snoozeTicket } from '../domain/tickets/snooze-ticket.ts'
import { unmarkAsSpam } from '../domain/tickets/unmark-as-spam.ts'
import { unsnoozeTicket } from '../domain/tickets/unsnooze-ticket.ts'
import { ofLivingTickets } from './problems.ts'
import { commandRoute } from './route.ts'

const tag = 'Tickets'

/** What becomes of a ticket: deleted and restored, spam, snoozed, merged and split. */
export function lifecycleRoutes(app: FastifyInstance): void {
  const url = '/tickets/:ticketId'
  const response = Type.Ref('Ticket')
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: deleteTicket,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Delete a ticket; it can be restored',
    problems: ofLivingTickets,
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/restore`,
    command: restoreTicket,
    status: 200,
    response,
    tag,
    summary: 'Restore a deleted ticket',
    problems: ['ticket_not_found', 'ticket_not_deleted'],
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/spam`,
    command: markAsSpam,
    status: 200,
    response,
    tag,
    summary: 'Say that a ticket is spam',
    problems: ofLivingTickets,
  })
  commandRoute(app, {
    method: 'DELETE',
    url: `${url}/spam`,
    command: unmarkAsSpam,
    status: 200,
    response,
    tag,
    summary: 'Say that a ticket is no spam',
    problems: ofLivingTickets,
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/snooze`,
    command: snoozeTicket,
    status: 200,
    response,
    tag,
    summary: 'Put a ticket aside until a time, or until its requester writes',
    problems: ofLivingTickets,
  })
  commandRoute(app, {
    method: 'DELETE',
    url: `${url}/snooze`,
    command: unsnoozeTicket,
    status: 200,
    response,
    tag,
    summary: 'Wake a snoozed ticket',
    problems: [...ofLivingTickets, 'ticket_not_snoozed'],
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/merge`,
    command: mergeTicket,
    status: 200,
    response,
    tag,
    summary: 'Let a ticket go on as another one',
    problems: [...ofLivingTickets, 'merge_cycle', 'merge_too_large'],
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/merge/undo`,
    command: undoMerge,
    status: 200,
    response,
    tag,
    summary: 'Take a merge back',
    problems: ['ticket_not_found', 'ticket_not_merged'],
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/split`,
    command: splitTicket,
    status: 201,
    response,
    location: ({ id }) => `/v1/tickets/${id}`,
    tag,
    summary: 'Make a ticket of its own of some messages',
    problems: ofLivingTickets,
  })
}
