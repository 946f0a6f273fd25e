import { type Static, Type } from 'typebox'
import { channels } from '../../kernel/actor.ts'
import { Closed, EmailAddress, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import type { Attachment } from '../attachments/schema.ts'
import { AttachmentIds, Body, BodyFormat, TicketRef } from '../tickets/schema.ts'

/** participants: goes by mail to those of its conversation; agents read it, requesters do not. */
const visibilities = ['public', 'internal', 'participants'] as const
export const Visibility = Type.Enum([...visibilities])
export type Visibility = Static<typeof Visibility>

const ConversationKind = Type.Enum(['customer', 'internal'], {
  description: 'customer: with people outside, by mail; internal: among those who work here',
})
export type ConversationKind = Static<typeof ConversationKind>

/** A ticket has at most so many beside its own two, and each so many participants. */
export const CONVERSATIONS_MAX = 50
export const PARTICIPANTS_MAX = 50

export const Conversation = Closed(
  {
    id: Id(),
    ticketId: Id(),
    kind: ConversationKind,
    title: Nullable(Type.String({ description: 'Null for the two that every ticket has' })),
    participantIds: Type.Array(Id(), { description: 'Who receives what is said; requesters read of themselves only' }),
    createdById: Nullable(Id()),
    createdAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'Conversation' },
)
export type Conversation = Static<typeof Conversation>

const somebody = {
  personId: Type.Optional(Id()),
  email: Type.Optional(EmailAddress),
  name: Type.Optional(Line(200)),
}

export const BeginConversation = Closed({
  ticketId: TicketRef,
  kind: ConversationKind,
  title: Line(200),
  participants: Type.Array(Closed(somebody), {
    maxItems: PARTICIPANTS_MAX,
    description: 'Each by person or by address',
  }),
})
export const ChangeConversation = Closed({ conversationId: Id(), expectedVersion: ExpectedVersion, title: Line(200) })
export const AddParticipant = Closed({ conversationId: Id(), ...somebody })
export const RemoveParticipant = Closed({ conversationId: Id(), personId: Id() })

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
    'conversation.begun': { conversationId: string; participantIds: string[] }
    'conversation.changed': { conversationId: string }
    'conversation.joined': { conversationId: string; personId: string }
    'conversation.left': { conversationId: string; personId: string }
    'conversation.replied': { messageId: string; conversationId: string }
    'message.held': { messageId: string }
    'message.released': { messageId: string }
  }
}
