import { type Static, Type } from 'typebox'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'
import { DIGEST_MINUTES, NoticeLevel, noticeKinds } from '../people/schema.ts'

const NoticeKind = Type.Enum([...noticeKinds])

export const Notification = Closed(
  {
    id: Id(),
    kind: NoticeKind,
    ticketId: Id(),
    messageId: Nullable(Id()),
    eventId: Id('What happened'),
    createdAt: Timestamp,
    readAt: Nullable(Timestamp),
  },
  { $id: 'Notification', description: 'What somebody who works here is told' },
)
export type Notification = Static<typeof Notification>

const DigestMinutes = Type.Integer({
  minimum: 15,
  maximum: 10_080,
  description: `How long after the first notice that waits for it a digest leaves; ${DIGEST_MINUTES} where nothing was said`,
})

export const NotificationPreferences = Closed(
  {
    ticketAssigned: NoticeLevel,
    customerReplied: NoticeLevel,
    messageHeld: NoticeLevel,
    mailUnverified: NoticeLevel,
    mailBounced: NoticeLevel,
    ticketChanged: NoticeLevel,
    noteAdded: NoticeLevel,
    mentioned: NoticeLevel,
    slaWarning: NoticeLevel,
    slaBreached: NoticeLevel,
    commandRefused: NoticeLevel,
    digestMinutes: DigestMinutes,
  },
  {
    $id: 'NotificationPreferences',
    description:
      'email: in the list and by a mail of its own; digest: in the list and in the next digest; list: in the list only; none',
  },
)
export type NotificationPreferences = Static<typeof NotificationPreferences>

export const ChangeNotificationPreferences = Closed({
  ticketAssigned: Type.Optional(NoticeLevel),
  customerReplied: Type.Optional(NoticeLevel),
  messageHeld: Type.Optional(NoticeLevel),
  mailUnverified: Type.Optional(NoticeLevel),
  mailBounced: Type.Optional(NoticeLevel),
  ticketChanged: Type.Optional(NoticeLevel),
  noteAdded: Type.Optional(NoticeLevel),
  mentioned: Type.Optional(NoticeLevel),
  slaWarning: Type.Optional(NoticeLevel),
  slaBreached: Type.Optional(NoticeLevel),
  commandRefused: Type.Optional(NoticeLevel),
  digestMinutes: Type.Optional(DigestMinutes),
})

export const ReadNotification = Closed({ notificationId: Id() })
export const ReadAllNotifications = Closed({ ticketId: Type.Optional(Id('Only those about this ticket')) })
export const NotificationsRead = Closed({ count: Type.Integer({ minimum: 0 }) }, { $id: 'NotificationsRead' })
