import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { claimAttachments, lockUploads } from '../attachments/store.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { bodyFrom } from './body.ts'
import { refuseNote } from './policy.ts'
import { PostNote } from './schema.ts'
import { insertNote } from './store.ts'

/** An internal note: never seen by a requester, by whatever road. */
export const postNote = defineCommand({
  name: 'postNote',
  runsUnlocked: ({ attachmentIds }) => !attachmentIds?.length,
  group: 'tickets',
  input: PostNote,

  async subject({ tx, actor }, { ticketId, attachmentIds = [] }) {
    const [locked, uploads] = await Promise.all([lockTicket(tx, ticketId), lockUploads(tx, actor, attachmentIds)])
    return { ...locked, uploads }
  },

  refuse(actor, { ticket }, { conversationId }) {
    const refusal = refuseNote(actor, ticket)
    if (refusal) return refusal
    if (conversationId !== undefined && conversationId !== ticket.internalConversationId)
      return invalid('/conversationId', 'not_found', 'is no internal conversation of this ticket')
  },

  ruleAction: {
    input: Closed(Type.Pick(PostNote, ['body', 'format']).properties),
    subject: (working) => ({ ...(working as LockedTicket), uploads: [] }), // what events of tickets hand on
  },

  handle(context, { body, format = 'text' }, { uploads, ...locked }) {
    const id = newId('msg')
    const attachments = claimAttachments(context, uploads, { ticketId: locked.ticket.id, messageId: id })
    return insertNote(context, locked, {
      id,
      author: context.actor.kind === 'person' ? context.actor.id : null,
      body: bodyFrom(format, body),
      attachments,
    })
  },
})
