import { type Static, Type } from 'typebox'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

/** More unread messages than this are not counted. */
export const UNREAD_MAX = 100

export const ReadState = Closed(
  {
    ticketId: Id(),
    unread: Type.Integer({
      description: `Messages by others after the last that was read; counted up to ${UNREAD_MAX}`,
    }),
    lastReadMessageId: Nullable(Id()),
    readAt: Nullable(Timestamp),
  },
  { $id: 'ReadState', description: 'How far the caller has read a ticket' },
)
export type ReadState = Static<typeof ReadState>

export const MarkTicketRead = Closed({
  ticketId: TicketRef,
  messageId: Type.Optional(Id('The last message that was read; the latest where nothing is said')),
})
