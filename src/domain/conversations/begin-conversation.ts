import { isAgent, isStaff } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { NEW_PERSON_CONSTRAINTS } from '../people/store.ts'
import { lockTicket, touchTicket } from '../tickets/store.ts'
import { refuseNote } from './policy.ts'
import { BeginConversation, CONVERSATIONS_MAX, type Conversation } from './schema.ts'
import { type ConversationRow, countSides, findMeant, insertParticipant, refuseMeant } from './side.ts'
import { conversations } from './table.ts'

/**
 * Begins a conversation beside the two that every ticket has: with people outside, by mail, of which the requester learns nothing, or
 * among those who work here. Light agents begin internal ones only.
 */
export const beginConversation = defineCommand({
  name: 'beginConversation',
  group: 'tickets',
  input: BeginConversation,
  retryOn: NEW_PERSON_CONSTRAINTS,

  async subject({ tx }, { ticketId, participants }) {
    const locked = await lockTicket(tx, ticketId)
    const count = await countSides(tx, locked.ticket.id)
    const meant = []
    for (const [n, each] of participants.entries()) meant.push(await findMeant(tx, each, `/participants/${n}`))
    return { ...locked, count, meant }
  },

  refuse(actor, { ticket, count, meant }, { kind }) {
    const refusal = refuseNote(actor, ticket)
    if (refusal) return refusal
    if (kind === 'customer' && isStaff(actor) && !isAgent(actor)) return 'forbidden'
    if (count >= CONVERSATIONS_MAX) return invalid('', 'too_many', `a ticket has at most ${CONVERSATIONS_MAX}`)
    for (const [n, each] of meant.entries()) {
      const wrong = refuseMeant(each, kind, `/participants/${n}`)
      if (wrong) return wrong
    }
  },

  async handle(context, { kind, title }, { ticket, meant }): Promise<Conversation> {
    const { insert, emit, actor, now } = context
    const createdById = actor.kind === 'person' ? actor.id : null
    const conversation: ConversationRow = {
      id: newId('cnv'),
      ticketId: ticket.id,
      kind,
      title,
      createdById,
      createdAt: now,
      version: 1,
    }
    touchTicket(context, ticket)
    insert(conversations, conversation)
    const people = new Set<string>()
    for (const each of meant) people.add((await insertParticipant(context, conversation, each)).id)
    const participantIds = [...people]
    emit({
      type: 'conversation.begun',
      ticketId: ticket.id,
      object: { type: 'conversation', id: conversation.id, version: 1 },
      data: { conversationId: conversation.id, participantIds },
    })
    return { ...conversation, participantIds }
  },
})
