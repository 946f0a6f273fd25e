import { and, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { Problem } from '../../kernel/problems.ts'
import type { OutboundRow } from './decide.ts'
import { outboundMails, replyAddresses } from './table.ts'

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(outboundMails)).from(outboundMails).where(eq(outboundMails.id, $.id)).for('update'),
)

export async function lockOutboundMail(tx: Connection, id: string): Promise<OutboundRow> {
  const [row] = (await tx.query(locked.bind({ id }))).rows
  if (!row) throw new Problem('outbound_mail_not_found')
  return row
}

const keyOf = prepare<{ ticketId: string; address: string }>()(($) =>
  build
    .select(rowOf(replyAddresses))
    .from(replyAddresses)
    .where(and(eq(replyAddresses.ticketId, $.ticketId), eq(replyAddresses.address, $.address))),
)

/** The reply key of a ticket and an address, once one was made. */
export const findReplyKey = async (tx: Connection, ticketId: string, address: string): Promise<string | undefined> =>
  (await tx.query(keyOf.bind({ ticketId, address }))).rows[0]?.replyKey

const THREAD_MAX = 20

const thread = prepareSql<{ ticketId: string; before: string }, { messageId: string; inbound: boolean }>()(
  ($) => sql`select * from (
    select header_message_id as "messageId", received_at as at, true as inbound from inbound_mails
      where ticket_id = ${$.ticketId} and header_message_id is not null and verdict in ('ticket_created', 'message_added') and outcome->>'held' = 'false'
    union all
    select message_id as "messageId", created_at as at, false as inbound from outbound_mails
      where ticket_id = ${$.ticketId} and id < ${$.before}
    order by at desc limit ${sql.raw(String(THREAD_MAX))}
  ) latest order by at`,
)

/** The Message-IDs of a ticket's public mails, oldest first, for In-Reply-To and References (RFC 5322 §3.6.4). */
export const threadOf = async (tx: Connection, ticketId: string, mailId: string) =>
  (await tx.query(thread.bind({ ticketId, before: mailId }))).rows

export const OWNER_CONSTRAINT = 'reply_addresses_owner'
