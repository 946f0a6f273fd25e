import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { changeNotificationPreferences } from '../domain/notifications/change-notification-preferences.ts'
import {
  notification,
  notificationList,
  notificationPreferences,
  notificationsQuery,
} from '../domain/notifications/queries.ts'
import { readAllNotifications } from '../domain/notifications/read-all-notifications.ts'
import { readNotification } from '../domain/notifications/read-notification.ts'
import { Notification, NotificationPreferences, NotificationsRead } from '../domain/notifications/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Notifications'

export function notificationRoutes(app: FastifyInstance): void {
  for (const schema of [Notification, NotificationPreferences, NotificationsRead]) app.addSchema(schema)
  listRoute(app, {
    url: '/notifications',
    query: notificationsQuery,
    list: notificationList,
    item: Type.Ref('Notification'),
    tag,
    summary: 'What the caller was told; readAt=none for what is unread',
    properties: Object.keys(Notification.properties),
    read: (desk, page) => desk.read(notificationsQuery, page),
  })
  queryRoute(app, {
    url: '/notifications/:notificationId',
    query: notification,
    response: Type.Ref('Notification'),
    tag,
    summary: 'One of the notifications',
    problems: ['notification_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/notifications/:notificationId/read',
    command: readNotification,
    status: 200,
    response: Type.Ref('Notification'),
    tag,
    summary: 'Mark a notification as read',
    problems: ['notification_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/notifications/read',
    command: readAllNotifications,
    status: 200,
    response: Type.Ref('NotificationsRead'),
    tag,
    summary: 'Mark the unread notifications as read, the oldest thousand',
  })
  const preferences = Type.Ref('NotificationPreferences')
  queryRoute(app, {
    url: '/me/notification-preferences',
    query: notificationPreferences,
    response: preferences,
    tag,
    summary: 'How the caller wishes to be told',
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/me/notification-preferences',
    command: changeNotificationPreferences,
    status: 200,
    response: preferences,
    tag,
    summary: 'Change how the caller wishes to be told',
  })
}
