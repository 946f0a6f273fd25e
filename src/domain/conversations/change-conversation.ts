import { conflictOver } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { lockTicket } from '../tickets/store.ts'
import { refuseSide } from './policy.ts'
import { ChangeConversation, type Conversation } from './schema.ts'
import { knownSide, shownSide } from './side.ts'
import { conversations } from './table.ts'

/** Calls a conversation something else. */
export const changeConversation = defineCommand({
  name: 'changeConversation',
  group: 'tickets',
  input: ChangeConversation,

  async subject({ tx }, { conversationId }) {
    const { conversation } = await knownSide(tx, conversationId)
    const locked = await lockTicket(tx, conversation.ticketId)
    return { ...locked, side: await knownSide(tx, conversationId) }
  },

  refuse: (actor, { ticket, side }) => refuseSide(actor, ticket, side.conversation),

  handle({ update, emit }, { title, expectedVersion }, { ticket, side }): Conversation {
    const { conversation } = side
    if (expectedVersion !== undefined && expectedVersion !== conversation.version)
      throw conflictOver(conversation.version, ['title']) // it has nothing else that changes
    const from = conversation.title
    if (from === title) return shownSide(side)
    update(conversations, conversation, { title, version: conversation.version + 1 })
    emit({
      type: 'conversation.changed',
      ticketId: ticket.id,
      object: { type: 'conversation', id: conversation.id, version: conversation.version },
      changes: { title: { from, to: title } },
      data: { conversationId: conversation.id },
    })
    return shownSide(side)
  },
})
