import { isStaff } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { actorOf } from '../people/decide.ts'
import { findPerson } from '../people/store.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { lockTicket } from '../tickets/store.ts'
import { ReleaseMessage } from './schema.ts'
import { findSide, freeSideMessage } from './side.ts'
import { freeMessage, lockMessage } from './store.ts'

/** Frees a held message: from now on it is its sender's message like any other, and its sender may write again. */
export const releaseMessage = defineCommand({
  name: 'releaseMessage',
  group: 'tickets',
  input: ReleaseMessage,

  async subject({ tx }, { messageId }) {
    const found = await lockMessage(tx, messageId)
    const [locked, side, author] = await Promise.all([
      lockTicket(tx, found.ticketId),
      found.visibility === 'participants' ? findSide(tx, found.conversationId) : undefined,
      found.authorId === null ? undefined : findPerson(tx, found.authorId),
    ])
    return { ...locked, side, message: found, author }
  },

  // requesters must not learn that a message is held
  refuse(actor, { ticket, message }) {
    if (!isStaff(actor)) return 'message_not_found'
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    return message.held ? undefined : 'message_not_held'
  },

  handle(context, _input, { message, side, author, ...locked }) {
    context.emit({
      type: 'message.released',
      ticketId: locked.ticket.id,
      object: { type: 'message', id: message.id, version: null },
      data: { messageId: message.id },
    })
    const freeing = author ? context.as(actorOf(author)) : context
    return side ? freeSideMessage(freeing, locked, side, message) : freeMessage(freeing, locked, message, author?.email)
  },
})
