import { type Static, Type } from 'typebox'
import { Closed, Key, Nullable } from '../../kernel/schema.ts'

export const statusCategories = ['open', 'waiting_on_customer', 'waiting_on_other', 'solved', 'closed'] as const
export const StatusCategory = Type.Enum([...statusCategories])
export type StatusCategory = Static<typeof StatusCategory>

export const TicketType = Closed(
  {
    key: Key(),
    name: Type.String(),
    position: Type.Integer(),
    enabled: Type.Boolean(),
    defaultStatus: Key(),
    defaultPriority: Key(),
  },
  { $id: 'TicketType', description: 'A kind of ticket' },
)
export type TicketType = Static<typeof TicketType>

export const Status = Closed(
  {
    key: Key(),
    name: Type.String(),
    category: StatusCategory,
    position: Type.Integer(),
    requesterLabel: Nullable(Type.String({ description: 'What requesters read; the name where null' })),
  },
  { $id: 'Status' },
)
export type Status = Static<typeof Status>

export const Priority = Closed(
  { key: Key(), name: Type.String(), position: Type.Integer({ description: 'Higher is more urgent' }) },
  { $id: 'Priority' },
)
export type Priority = Static<typeof Priority>
