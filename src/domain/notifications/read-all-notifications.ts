import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { refuseOthers } from './policy.ts'
import { ReadAllNotifications } from './schema.ts'
import { lockUnread, ticketExists } from './store.ts'
import { notifications } from './table.ts'

/** So many at once; the answer says how many there were, and whoever has more asks again. */
const READ_MAX = 1_000

/** Marks the caller's unread notifications as read, the oldest thousand. */
export const readAllNotifications = defineCommand({
  name: 'readAllNotifications',
  group: 'notifications',
  isPersonal: true,
  input: ReadAllNotifications,

  async subject({ tx, actor }, { ticketId }) {
    const [unread, exists] = await Promise.all([
      lockUnread(tx, actor.id, ticketId ?? null, READ_MAX),
      ticketId === undefined || ticketExists(tx, ticketId),
    ])
    if (!exists) throw invalid('/ticketId', 'not_found', 'is no ticket')
    return unread
  },

  refuse: refuseOthers,

  handle({ update, now }, _input, unread) {
    for (const notification of unread) update(notifications, notification, { readAt: now })
    return { count: unread.length }
  },
})
