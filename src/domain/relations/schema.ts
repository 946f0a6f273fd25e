import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Id, Nullable, Timestamp } from '../../kernel/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

/** Read from the first ticket to the second: it blocks it, is a duplicate of it, is its cause. `relates` has no direction. */
export const LinkKind = Type.Enum(['relates', 'blocks', 'duplicates', 'causes'])
export type LinkKind = Static<typeof LinkKind>

export const TicketLink = Closed(
  {
    id: Id(),
    kind: LinkKind,
    fromId: Id(),
    toId: Id(),
    createdById: Nullable(Id()),
    createdAt: Timestamp,
  },
  { $id: 'TicketLink', description: 'How one ticket stands to another' },
)
export type TicketLink = Static<typeof TicketLink>

export const LinkTickets = Closed({ ticketId: TicketRef, kind: LinkKind, toId: TicketRef })
export const UnlinkTickets = Closed({ ticketId: TicketRef, linkId: Id() })

export const SetParent = Closed({
  ticketId: TicketRef,
  expectedVersion: ExpectedVersion,
  parentId: Type.Optional(Nullable(Id('The ticket of which it is a part, or null for none'))),
})

interface Linked {
  linkId: string
  kind: LinkKind
  fromId: string
  toId: string
}

declare module '../../kernel/events.ts' {
  interface EventData {
    /** Told of both tickets. */
    'ticket.linked': Linked
    'ticket.unlinked': Linked
  }
}
