import { defineCommand } from '../../kernel/desk.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { lockTicket, touchTicket } from '../tickets/store.ts'
import { RemoveFollower } from './schema.ts'
import { findFollower } from './store.ts'
import { ticketFollowers } from './table.ts'

/** From now on nothing of the ticket is sent to this person. They may still write to it. */
export const removeFollower = defineCommand({
  name: 'removeFollower',
  group: 'tickets',
  input: RemoveFollower,

  async subject({ tx }, { ticketId, personId }) {
    const { ticket } = await lockTicket(tx, ticketId)
    return { ticket, follower: await findFollower(tx, ticket.id, personId) }
  },

  refuse: (actor, { ticket, follower }) =>
    refuseAgentWork(actor, ticket) ?? (follower ? undefined : 'follower_not_found'),

  handle({ remove, update, emit }, { personId }, { ticket, follower }) {
    if (!follower) return { id: personId }
    touchTicket({ update }, ticket)
    remove(ticketFollowers, follower)
    emit({
      type: 'ticket.unfollowed',
      ticketId: ticket.id,
      object: { type: 'person', id: personId, version: null },
      data: { personId },
    })
    return { id: personId }
  },
})
