import { isStaff } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { actorOf } from '../people/decide.ts'
import { findPerson } from '../people/store.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { lockTicket } from '../tickets/store.ts'
import { ReleaseMessage } from './schema.ts'
import { freeMessage, lockMessage } from './store.ts'

/** Frees a held message: from now on it is its sender's public message like any other, and its sender may write again. */
export const releaseMessage = defineCommand({
  name: 'releaseMessage',
  group: 'tickets',
  input: ReleaseMessage,

  async subject({ tx }, { messageId }) {
    const found = await lockMessage(tx, messageId)
    const [locked, author] = await Promise.all([
      lockTicket(tx, found.ticketId),
      found.authorId === null ? undefined : findPerson(tx, found.authorId),
    ])
    return { ...locked, message: found, author }
  },

  // requesters must not learn that a message is held
  refuse(actor, { ticket, message }) {
    if (!isStaff(actor)) return 'message_not_found'
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    return message.held ? undefined : 'message_not_held'
  },

  handle(context, _input, { message, author, ...locked }) {
    context.emit({
      type: 'message.released',
      ticketId: locked.ticket.id,
      object: { type: 'message', id: message.id, version: null },
      data: { messageId: message.id },
    })
    return freeMessage(author ? context.as(actorOf(author)) : context, locked, message, author?.email)
  },
})
