import { type Static, Type } from 'typebox'
import { Closed, EmailAddress, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

const Role = Key('A shipped role, or one of the desk’s own')

const Locale = Type.String({ pattern: '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$', maxLength: 35, description: 'BCP 47' })
const TimeZone = Type.String({ pattern: '^[A-Za-z0-9_+/-]{1,64}$', description: 'IANA' })

/** What people who work here are told of. */
export const noticeKinds = [
  'ticket_assigned',
  'customer_replied',
  'message_held',
  'mail_unverified',
  'mail_bounced',
  'ticket_changed',
  'note_added',
  'mentioned',
  'sla_warning',
  'sla_breached',
  'command_refused',
] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** `email` and `digest` are in the list too. */
export const NoticeLevel = Type.Enum(['email', 'digest', 'list', 'none'])
export type NoticeLevel = Static<typeof NoticeLevel>
export type NoticeChoices = Partial<Record<NoticeKind, NoticeLevel>>

/** How long notices wait for a digest where nobody has said otherwise. */
export const DIGEST_MINUTES = 60

export const Person = Closed(
  {
    id: Id(),
    name: Nullable(Type.String()),
    email: Type.String(),
    emails: Type.Array(Type.String()),
    role: Role,
    supportTeam: Type.Boolean(),
    organizationId: Nullable(Id()),
    locale: Nullable(Type.String()),
    timeZone: Nullable(Type.String()),
    disabledAt: Nullable(Timestamp),
    mergedIntoId: Nullable(Id('Of whose record theirs has become a part')),
    erasedAt: Nullable(Timestamp),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'Person' },
)
export type Person = Static<typeof Person>

export const AddPerson = Closed({
  name: Type.Optional(Nullable(Line(200))),
  email: EmailAddress,
  role: Type.Optional(Role),
  supportTeam: Type.Optional(Type.Boolean()),
  locale: Type.Optional(Nullable(Locale)),
  timeZone: Type.Optional(Nullable(TimeZone)),
})

export const ChangePerson = Closed({
  personId: Id(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(Nullable(Line(200))),
  email: Type.Optional(
    Type.String({ minLength: 3, maxLength: 320, description: 'The one of their addresses that mail goes to' }),
  ),
  role: Type.Optional(Role),
  supportTeam: Type.Optional(Type.Boolean()),
  locale: Type.Optional(Nullable(Locale)),
  timeZone: Type.Optional(Nullable(TimeZone)),
  organizationId: Type.Optional(
    Nullable(Id('Whom they belong to from now on; their tickets so far stay where they are')),
  ),
  disabled: Type.Optional(Type.Boolean({ description: 'A disabled person can do nothing; their tickets stay.' })),
})
export type ChangePerson = Static<typeof ChangePerson>

export const PersonEmail = Closed({ personId: Id(), email: EmailAddress })

export const MergePerson = Closed({ personId: Id(), into: Id('Whose record stays') })

export const Team = Closed(
  {
    id: Id(),
    name: Type.String(),
    memberIds: Type.Array(Id()),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'Team' },
)
export type Team = Static<typeof Team>

const MemberIds = Type.Array(Id(), { maxItems: 500, uniqueItems: true })

export const AddTeam = Closed({ name: Line(200), memberIds: Type.Optional(MemberIds) })
export const ChangeTeam = Closed({
  teamId: Id(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(Line(200)),
  memberIds: Type.Optional(MemberIds),
})

declare module '../../kernel/events.ts' {
  interface EventData {
    'person.added': { role: string }
    'person.changed': Record<string, never>
    'person.merged': { personId: string }
    'team.added': { memberIds: string[] }
    'team.changed': Record<string, never>
  }
}
