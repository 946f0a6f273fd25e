import { and, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { noticeSubject } from '../outbound/letters.ts'
import { queueMail } from '../outbound/queueing.ts'
import type { NoticeKind } from '../people/schema.ts'
import type { Assignee } from '../tickets/decide.ts'
import { levelOf } from './decide.ts'
import { notifications } from './table.ts'

const own = prepare<{ id: string; personId: string }>()(($) =>
  build
    .select(rowOf(notifications))
    .from(notifications)
    .where(and(eq(notifications.id, $.id), eq(notifications.personId, $.personId)))
    .for('update'),
)

/** A notification of this person; another's is none. */
export const lockNotification = async (tx: Connection, personId: string, id: string) =>
  (await tx.query(own.bind({ id, personId }))).rows[0]

const unread = prepare<{ personId: string; ticketId: string | null; limit: number }>()(($) =>
  build
    .select(rowOf(notifications))
    .from(notifications)
    .where(
      and(
        eq(notifications.personId, $.personId),
        sql`read_at is null`,
        sql`ticket_id = coalesce(${$.ticketId}, ticket_id)`,
      ),
    )
    .orderBy(notifications.id)
    .limit($.limit)
    .for('update'),
)

const ticketById = prepareSql<{ id: string }, { id: string }>()(($) => sql`select id from tickets where id = ${$.id}`)

export const ticketExists = async (tx: Connection, id: string): Promise<boolean> =>
  (await tx.query(ticketById.bind({ id }))).rows.length > 0

/** The oldest unread ones, about one ticket or any, at most so many. */
export const lockUnread = async (tx: Connection, personId: string, ticketId: string | null, limit: number) =>
  (await tx.query(unread.bind({ personId, ticketId, limit }))).rows

export interface Notice {
  kind: NoticeKind
  to: Assignee
  /** What its mail says, where that is not to be read off the ticket later. */
  says?: string
}

/** A row of somebody's list, and a mail or a place in their next digest, as they wish to be told. */
export function insertNotice(
  context: CommandContext,
  event: DeskEvent,
  ticket: { id: string; subject: string },
  { kind, to, says }: Notice,
): void {
  const level = levelOf(to.notices, kind)
  if (level === 'none') return
  const { insert, now } = context
  const messageId = 'messageId' in event.data ? event.data.messageId : null
  const about = { ticketId: ticket.id, messageId, eventId: event.id }
  const awaitsDigest = level === 'digest'
  insert(notifications, {
    id: newId('ntf'),
    personId: to.id,
    kind,
    ...about,
    createdAt: now,
    readAt: null,
    awaitsDigest,
  })
  if (level !== 'email') return
  const subject = noticeSubject(kind, ticket)
  const reason = `${kind}, as ${to.email} wishes`
  const body = says === undefined ? {} : { body: { bodyText: says, bodyHtml: null } }
  queueMail(context, { ...about, kind: 'notification', notice: kind, to, subject, reason, ...body })
}
