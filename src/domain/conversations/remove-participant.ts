import { defineCommand } from '../../kernel/desk.ts'
import { lockTicket, touchTicket } from '../tickets/store.ts'
import { refuseSide } from './policy.ts'
import { RemoveParticipant } from './schema.ts'
import { findParticipant, knownSide } from './side.ts'
import { conversationParticipants } from './table.ts'

/** Nothing of the conversation is sent to this person any more; by a mail that they have they may still answer. */
export const removeParticipant = defineCommand({
  name: 'removeParticipant',
  group: 'tickets',
  input: RemoveParticipant,

  async subject({ tx }, { conversationId, personId }) {
    const side = await knownSide(tx, conversationId)
    const locked = await lockTicket(tx, side.conversation.ticketId)
    return { ...locked, side, participant: await findParticipant(tx, conversationId, personId) }
  },

  refuse: (actor, { ticket, side, participant }) =>
    refuseSide(actor, ticket, side.conversation) ?? (participant ? undefined : 'participant_not_found'),

  handle(context, { conversationId, personId }, { ticket, participant }) {
    if (!participant) throw new Error('who takes no part is refused')
    touchTicket(context, ticket)
    context.remove(conversationParticipants, participant)
    context.emit({
      type: 'conversation.left',
      ticketId: ticket.id,
      object: { type: 'person', id: personId, version: null },
      data: { conversationId, personId },
    })
    return { id: personId }
  },
})
