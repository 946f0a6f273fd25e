import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { NEW_PERSON_CONSTRAINTS } from '../people/store.ts'
import { lockTicket, touchTicket } from '../tickets/store.ts'
import { refuseSide } from './policy.ts'
import { AddParticipant, type Conversation, PARTICIPANTS_MAX } from './schema.ts'
import { findMeant, insertParticipant, knownSide, refuseMeant, shownSide } from './side.ts'

/** Somebody more takes part in a conversation, by person or by address. What was said before is not sent to them. */
export const addParticipant = defineCommand({
  name: 'addParticipant',
  group: 'tickets',
  input: AddParticipant,
  retryOn: NEW_PERSON_CONSTRAINTS,

  async subject({ tx }, { conversationId, ...named }) {
    const { conversation } = await knownSide(tx, conversationId)
    const locked = await lockTicket(tx, conversation.ticketId)
    return { ...locked, side: await knownSide(tx, conversationId), meant: await findMeant(tx, named, '') }
  },

  refuse(actor, { ticket, side, meant }) {
    const refusal = refuseSide(actor, ticket, side.conversation) ?? refuseMeant(meant, side.conversation.kind, '')
    if (refusal) return refusal
    if (side.participants.some(({ id }) => id === meant.person?.id)) return 'already_participating'
    if (side.participants.length >= PARTICIPANTS_MAX)
      return invalid('', 'too_many', `a conversation has at most ${PARTICIPANTS_MAX} participants`)
  },

  async handle(context, { conversationId }, { ticket, side, meant }): Promise<Conversation> {
    touchTicket(context, ticket)
    const { id: personId } = await insertParticipant(context, side.conversation, meant)
    context.emit({
      type: 'conversation.joined',
      ticketId: ticket.id,
      object: { type: 'person', id: personId, version: null },
      data: { conversationId, personId },
    })
    const shown = shownSide(side)
    return { ...shown, participantIds: [...shown.participantIds, personId] }
  },
})
