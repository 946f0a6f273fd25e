import type { GraphQLResolveInfo } from 'graphql'
import { changeNotificationPreferences } from '../domain/notifications/change-notification-preferences.ts'
import {
  notification,
  notificationList,
  notificationPreferences,
  notificationsQuery,
} from '../domain/notifications/queries.ts'
import { readAllNotifications } from '../domain/notifications/read-all-notifications.ts'
import { readNotification } from '../domain/notifications/read-notification.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

export const notificationResolvers = {
  Query: {
    notifications: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(notificationsQuery, pageFrom(args, info, notificationList.filters))),
    notification: (_root: unknown, { id }: { id: string }, { desk }: Context) =>
      orNull(desk.read(notification, { notificationId: id })),
    notificationPreferences: (_root: unknown, _args: object, { desk }: Context) =>
      desk.read(notificationPreferences, {}),
  },
  Mutation: {
    ...mutation(readNotification),
    ...mutation(readAllNotifications),
    ...mutation(changeNotificationPreferences),
  },
}
