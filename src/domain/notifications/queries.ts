import { and, eq } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id, NoInput } from '../../kernel/schema.ts'
import { type Viewer, type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { DIGEST_MINUTES, noticeKinds } from '../people/schema.ts'
import { findPerson } from '../people/store.ts'
import { hangsOnSeen, listedFor } from '../tickets/reach.ts'
import { preferencesOf } from './decide.ts'
import { refuseOthers } from './policy.ts'
import type { Notification, NotificationPreferences } from './schema.ts'
import { notifications } from './table.ts'

const { awaitsDigest: _awaits, digestMailId: _mail, ...shown } = rowOf(notifications)

export const notificationList: List<Notification> = {
  name: 'notifications',
  columns: shown,
  from: notifications,
  id: notifications.id,
  filters: {
    kind: { column: notifications.kind, kind: 'text', literals: [...noticeKinds] },
    ticketId: { column: notifications.ticketId, kind: 'reference' },
    readAt: { column: notifications.readAt, kind: 'instant' },
  },
  sorts: { createdAt: { column: notifications.id, property: 'id' } },
  defaultSort: '-createdAt',
  visible: ({ id }: Viewer) => eq(notifications.personId, id),
}

const listFor = listedFor(notificationList, notifications.ticketId)

/** What the caller was told, of tickets that they see. */
export const notificationsQuery = defineQuery({
  name: 'notifications',
  group: 'notifications',
  input: PageInput,
  refuse: refuseOthers,
  read: (context, input) => readPage(listFor(context.actor), context, input),
})

const ownById = prepare<{ id: string } & Viewing>()(($) =>
  build
    .select(shown)
    .from(notifications)
    .where(
      and(
        eq(notifications.id, $.id),
        eq(notifications.personId, $.viewer),
        hangsOnSeen(notifications.ticketId, viewerIn($)),
      ),
    ),
)

/** One of the caller's notifications. */
export const notification = defineQuery({
  name: 'notification',
  group: 'notifications',
  input: Closed({ notificationId: Id() }),
  refuse: refuseOthers,

  async read({ db, actor }, { notificationId }): Promise<Notification> {
    const [row] = (await db.query(ownById.bind({ id: notificationId, ...viewing(actor) }))).rows
    if (!row) throw new Problem('notification_not_found')
    return row
  },
})

/** How the caller wishes to be told. */
export const notificationPreferences = defineQuery({
  name: 'notificationPreferences',
  group: 'notifications',
  input: NoInput,
  refuse: refuseOthers,

  async read({ db, actor }): Promise<NotificationPreferences> {
    return preferencesOf((await findPerson(db, actor.id)) ?? { notices: {}, digestMinutes: DIGEST_MINUTES })
  },
})
