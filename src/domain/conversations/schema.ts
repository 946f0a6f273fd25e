import { type Static, Type } from 'typebox'
import { channels } from '../../kernel/actor.ts'
import { Closed, Id, Key, Nullable, Timestamp } from '../../kernel/schema.ts'
import type { Attachment } from '../attachments/schema.ts'
import { AttachmentIds, Body, BodyFormat, TicketRef } from '../tickets/schema.ts'

const visibilities = ['public', 'internal'] as const
export const Visibility = Type.Enum([...visibilities])
export type Visibility = Static<typeof Visibility>

const ConversationKind = Type.Enum(['customer', 'internal'])

export const Conversation = Closed(
  { id: Id(), ticketId: Id(), kind: ConversationKind, createdAt: Timestamp },
  { $id: 'Conversation' },
)
export type Conversation = Static<typeof Conversation>

export const Message = Closed(
  {
    id: Id(),
    ticketId: Id(),
    conversationId: Id(),
    authorId: Nullable(Id('A person; null for rules and the desk itself')),
    visibility: Visibility,
    channel: Type.Enum([...channels]),
    bodyText: Type.String(),
    bodyHtml: Nullable(Type.String({ description: 'Sanitised' })),
    visibleText: Type.String({ description: 'Without the quoted history' }),
    quotedText: Nullable(Type.String()),
    attachments: Type.Array(Type.Unsafe<Attachment>(Type.Ref('Attachment'))),
    inReplyTo: Nullable(Type.String({ description: 'The Message-ID that a mail answers' })),
    held: Type.Boolean({ description: 'From a stranger: agents see it, nobody else does' }),
    verified: Nullable(Type.Boolean({ description: 'Whether a mail proves its sender; null for other channels' })),
    createdAt: Timestamp,
  },
  { $id: 'Message' },
)
export type Message = Static<typeof Message>

export const PostReply = Closed({
  ticketId: TicketRef,
  body: Type.Optional(Body),
  template: Type.Optional(Key('Says it in place of a body, in its own format')),
  format: Type.Optional(BodyFormat),
  attachmentIds: Type.Optional(AttachmentIds),
  conversationId: Type.Optional(Id()),
  status: Type.Optional(Key('Sets the status with the reply')),
})

export const PostNote = Closed({
  ticketId: TicketRef,
  body: Body,
  format: Type.Optional(BodyFormat),
  attachmentIds: Type.Optional(AttachmentIds),
  conversationId: Type.Optional(Id()),
})

export const ReleaseMessage = Closed({ messageId: Id() })

declare module '../../kernel/events.ts' {
  interface EventData {
    'ticket.replied': { messageId: string }
    'ticket.noted': { messageId: string }
    'message.held': { messageId: string }
    'message.released': { messageId: string }
  }
}
