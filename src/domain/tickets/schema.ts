import { type Static, Type } from 'typebox'
import { channels } from '../../kernel/actor.ts'
import { Closed, EmailAddress, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import { FieldValues } from '../fields/schema.ts'
import { StatusCategory } from '../types/schema.ts'
import { Strategy } from '../workload/schema.ts'

const Tag = Type.String({ pattern: '^[^\\u0000-\\u0020,]{1,64}$', description: 'Without spaces and commas' })
const Tags = Type.Array(Tag, { maxItems: 50, uniqueItems: true })

export const Ticket = Closed(
  {
    id: Id(),
    number: Type.Integer(),
    subject: Type.String(),
    type: Key(),
    status: Key(),
    statusCategory: StatusCategory,
    priority: Key(),
    category: Nullable(Key()),
    project: Nullable(Key()),
    requesterId: Id(),
    organizationId: Nullable(Id()),
    assigneeId: Nullable(Id()),
    teamId: Nullable(Id()),
    parentId: Nullable(Id()),
    tags: Nullable(Type.Array(Type.String())),
    fields: Type.Record(Type.String(), Type.Unknown(), { description: 'Custom fields by key: those that you may see' }),
    channel: Type.Enum([...channels]),
    dueAt: Nullable(Timestamp),
    estimatedResolutionAt: Nullable(Timestamp),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    firstRepliedAt: Nullable(Timestamp),
    solvedAt: Nullable(Timestamp),
    closedAt: Nullable(Timestamp),
    lastMessageAt: Nullable(Timestamp),
    lastRequesterActivityAt: Nullable(Timestamp),
    lastAgentActivityAt: Nullable(Timestamp),
    lastActivityBy: Nullable(Id('The person who acted last')),
    lastMessagePreview: Nullable(Type.String()),
    needsReaction: Nullable(Type.Boolean({ description: 'The requester acted after the last act of an agent' })),
    lastNoteAt: Nullable(Timestamp),
    deletedAt: Nullable(Timestamp),
    spam: Nullable(
      Type.Boolean({ description: 'Left out of lists, and nothing automatic is mailed to its requester' }),
    ),
    snoozedAt: Nullable(Timestamp),
    snoozedUntil: Nullable(
      Type.String({ format: 'date-time', description: 'Null while it is snoozed: until the next reply' }),
    ),
    mergedIntoId: Nullable(Id('The ticket on which its messages are read now')),
    version: Type.Integer(),
  },
  { $id: 'Ticket' },
)
export type Ticket = Static<typeof Ticket>

/** What requesters read as null; a change of these alone does not move the version and time they see. */
export const agentsOnly = [
  'assigneeId',
  'teamId',
  'tags',
  'lastAgentActivityAt',
  'lastActivityBy',
  'needsReaction',
  'lastNoteAt',
  'deletedAt',
  'spam',
  'snoozedAt',
  'snoozedUntil',
] as const

/** `tkt_…` or the number; both name the same ticket everywhere. */
export const TicketRef = Id('The id or the number')

const Subject = Line(300)
export const Body = Type.String({ minLength: 1, maxLength: 100_000, pattern: '[^\\s]' })
export const BodyFormat = Type.Enum(['text', 'markdown', 'html'], { default: 'text' })

/** A body holds at most this many files. */
const ATTACHMENTS_MAX = 50
export const AttachmentIds = Type.Array(Id(), { maxItems: ATTACHMENTS_MAX, uniqueItems: true })

export const OpenTicket = Closed({
  subject: Subject,
  body: Body,
  format: Type.Optional(BodyFormat),
  requester: Type.Optional(Closed({ email: EmailAddress, name: Type.Optional(Line(200)) })),
  requesterId: Type.Optional(Id()),
  type: Type.Optional(Key()),
  status: Type.Optional(Key()),
  priority: Type.Optional(Key()),
  category: Type.Optional(Key()),
  project: Type.Optional(Key()),
  tags: Type.Optional(Tags),
  assigneeId: Type.Optional(Id()),
  teamId: Type.Optional(Id()),
  parentId: Type.Optional(Id('The ticket of which it is a part; its number will do')),
  dueAt: Type.Optional(Timestamp),
  estimatedResolutionAt: Type.Optional(Timestamp),
  attachmentIds: Type.Optional(AttachmentIds),
  fields: Type.Optional(FieldValues),
})
export type OpenTicket = Static<typeof OpenTicket>

/** What a requester does not decide. */
export const openedByAgents = [
  'tags',
  'assigneeId',
  'teamId',
  'parentId',
  'status',
  'project',
  'dueAt',
  'estimatedResolutionAt',
] as const

export const ChangeTicket = Closed({
  ticketId: TicketRef,
  expectedVersion: ExpectedVersion,
  subject: Type.Optional(Subject),
  type: Type.Optional(Key()),
  status: Type.Optional(Key()),
  priority: Type.Optional(Key()),
  category: Type.Optional(Nullable(Key())),
  project: Type.Optional(Nullable(Key())),
  requesterId: Type.Optional(Id()),
  tags: Type.Optional(Tags),
  addTags: Type.Optional(Tags),
  removeTags: Type.Optional(Tags),
  dueAt: Type.Optional(Nullable(Timestamp)),
  estimatedResolutionAt: Type.Optional(Nullable(Timestamp)),
  fields: Type.Optional(FieldValues),
})
export type ChangeTicket = Static<typeof ChangeTicket>

export const AssignTicket = Closed({
  ticketId: TicketRef,
  expectedVersion: ExpectedVersion,
  assigneeId: Type.Optional(Nullable(Id('A person of the support team, or null for nobody'))),
  teamId: Type.Optional(Nullable(Id())),
  strategy: Type.Optional(Strategy),
})

export const TicketAct = Closed({ ticketId: TicketRef })

/** A year. */
export const SNOOZE_MINUTES_MAX = 527_040

export const SnoozeTicket = Closed({
  ticketId: TicketRef,
  until: Type.Optional({ ...Timestamp, description: 'Within a year; without it, until the requester writes' }),
  forMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: SNOOZE_MINUTES_MAX })),
})

export const TakeNextTicket = Closed({
  teamId: Type.Optional(Id('Whose queue; without it those of your teams, and what belongs to no team')),
})

declare module '../../kernel/events.ts' {
  interface EventData {
    'ticket.opened': { messageId: string }
    'ticket.changed': Record<string, never>
    /** `reason`: why a strategy chose this person. */
    'ticket.assigned': {
      assigneeId: string | null
      teamId: string | null
      strategy: string | null
      reason: string | null
    }
    'ticket.deleted': Record<string, never>
    'ticket.restored': Record<string, never>
  }
}
