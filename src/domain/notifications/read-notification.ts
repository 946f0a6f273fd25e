import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseOthers } from './policy.ts'
import { type Notification, ReadNotification } from './schema.ts'
import { lockNotification } from './store.ts'
import { notifications } from './table.ts'

/** Marks one of the caller's notifications as read; when it was first read stays. */
export const readNotification = defineCommand({
  name: 'readNotification',
  group: 'notifications',
  isPersonal: true,
  input: ReadNotification,
  subject: ({ tx, actor }, { notificationId }) => lockNotification(tx, actor.id, notificationId),
  refuse: (actor, notification) => refuseOthers(actor) ?? (notification ? undefined : 'notification_not_found'),

  handle({ update, now }, _input, notification): Notification {
    if (!notification) throw new Problem('notification_not_found')
    if (notification.readAt === null) update(notifications, notification, { readAt: now })
    const { personId: _, awaitsDigest: _awaits, digestMailId: _mail, ...shown } = notification
    return shown
  },
})
