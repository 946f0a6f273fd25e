import { type Static, Type } from 'typebox'
import { Closed, EmailAddress, Id, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

/** How somebody came to follow: an agent added them, a mail of a verified sender had them in To or Cc, or a ticket of theirs was merged. */
export const FollowerSource = Type.Enum(['agent', 'mail', 'rule', 'merge'])
export type FollowerSource = Static<typeof FollowerSource>

export const Follower = Closed(
  {
    ticketId: Id(),
    personId: Id(),
    name: Nullable(Type.String()),
    email: Type.String(),
    source: FollowerSource,
    addedById: Nullable(Id()),
    createdAt: Timestamp,
  },
  { $id: 'Follower', description: 'Somebody who receives the public replies of a ticket beside its requester' },
)
export type Follower = Static<typeof Follower>

export const AddFollower = Closed({
  ticketId: TicketRef,
  personId: Type.Optional(Id()),
  email: Type.Optional(EmailAddress),
  name: Type.Optional(Line(200)),
})
export const RemoveFollower = Closed({ ticketId: TicketRef, personId: Id() })

declare module '../../kernel/events.ts' {
  interface EventData {
    'ticket.followed': { personId: string }
    'ticket.unfollowed': { personId: string }
  }
}
