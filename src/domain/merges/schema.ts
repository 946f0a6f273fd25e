import { Type } from 'typebox'
import { Closed, Id, Line } from '../../kernel/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

export const MergeTicket = Closed({
  ticketId: TicketRef,
  into: Id('The ticket as which it goes on: id or number'),
})

export const SplitTicket = Closed({
  ticketId: TicketRef,
  messageIds: Type.Array(Id(), {
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description: 'Messages of the ticket; the earliest must be public, and its author becomes the requester',
  }),
  subject: Type.Optional(Line(300)),
})

interface Merged {
  sourceId: string
  targetId: string
  /** How many of its messages moved. */
  messages: number
}

declare module '../../kernel/events.ts' {
  interface EventData {
    /** Told of both tickets. */
    'ticket.merged': Merged
    'ticket.unmerged': Merged
    'ticket.split': { fromId: string; toId: string; messageIds: string[] }
  }
}
