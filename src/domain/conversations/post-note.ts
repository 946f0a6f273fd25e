import { Type } from 'typebox'
import { isStaff } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { claimAttachments, lockUploads } from '../attachments/store.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { bodyFrom } from './body.ts'
import { findMentioned, mentionsAnybody } from './mentions.ts'
import { refuseNote } from './policy.ts'
import { PostNote } from './schema.ts'
import { insertSideMessage, sideFor } from './side.ts'
import { insertNote } from './store.ts'

/** An internal note: never seen by a requester, by whatever road. Who is written to in it (`@ada@desk.example`, `@per_…`) is told. */
export const postNote = defineCommand({
  name: 'postNote',
  runsUnlocked: ({ attachmentIds, conversationId }) => !attachmentIds?.length && conversationId === undefined,
  group: 'tickets',
  input: PostNote,

  async subject({ tx, actor }, { ticketId, body, attachmentIds = [], conversationId }) {
    const [locked, uploads] = await Promise.all([lockTicket(tx, ticketId), lockUploads(tx, actor, attachmentIds)])
    const kind = 'internal'
    const side = isStaff(actor) ? await sideFor(tx, locked, { conversationId, kind }) : undefined
    return { ...locked, uploads, side, mentioned: await findMentioned(tx, body, locked.ticket) }
  },

  refuse(actor, { ticket, side }, { conversationId }) {
    const refusal = refuseNote(actor, ticket)
    if (refusal) return refusal
    if (!side && conversationId !== undefined && conversationId !== ticket.internalConversationId)
      return invalid('/conversationId', 'not_found', 'is no internal conversation of this ticket')
  },

  ruleAction: {
    input: Closed(Type.Pick(PostNote, ['body', 'format']).properties),
    subject(working, { body }) {
      if (mentionsAnybody(body)) return
      return { ...(working as LockedTicket), uploads: [], side: undefined, mentioned: [] } // what events of tickets hand on
    },
  },

  handle(context, { body, format = 'text' }, { uploads, side, mentioned, ...locked }) {
    const id = newId('msg')
    const attachments = claimAttachments(context, uploads, { ticketId: locked.ticket.id, messageId: id })
    const draft = {
      id,
      author: context.actor.kind === 'person' ? context.actor.id : null,
      body: bodyFrom(format, body),
      attachments,
      mentioned,
    }
    return side ? insertSideMessage(context, locked, side, draft) : insertNote(context, locked, draft)
  },
})
