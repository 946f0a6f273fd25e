import { eq, inArray, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import { Problem } from '../../kernel/problems.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { openReplyToken } from './addresses.ts'
import { isOfAccount, OF_ACCOUNT, type OutboundRow, type Sent } from './decide.ts'
import { outboundMails, suppressedAddresses } from './table.ts'

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(outboundMails)).from(outboundMails).where(eq(outboundMails.id, $.id)).for('update'),
)

export async function lockOutboundMail(tx: Connection, id: string): Promise<OutboundRow> {
  const [row] = (await tx.query(locked.bind({ id }))).rows
  if (!row) throw new Problem('outbound_mail_not_found')
  return row
}

/** The conversation of a message that goes to the participants of another one than the ticket's own; empty for all others. */
const conversationOf = (messageId: unknown) =>
  sql`coalesce((select c.conversation_id from messages c where c.id = ${messageId} and c.visibility = 'participants'), '')`

const keyOf = prepareSql<Answered, { replyKey: string }>()(
  (
    $,
  ) => sql`select reply_key as "replyKey" from reply_addresses where ticket_id = ${$.ticketId} and address = ${$.address}
    and coalesce(conversation_id, '') = ${conversationOf($.messageId)}`,
)

interface Answered {
  ticketId: string
  address: string
  /** What is answered: each conversation has addresses of its own. */
  messageId: string | null
}

/** The reply key of a ticket, an address and a conversation, once one was made. */
export const findReplyKey = async (tx: Connection, answered: Answered): Promise<string | undefined> =>
  (await tx.query(keyOf.bind(answered))).rows[0]?.replyKey

const THREAD_MAX = 20

const thread = prepareSql<
  { ticketId: string; before: string; about: string | null },
  { messageId: string; inbound: boolean }
>()(
  ($) => sql`with family as (select id from tickets where id = ${$.ticketId} or merged_into_id = ${$.ticketId}),
  conversation as (select ${conversationOf($.about)} as id)
  select * from (
    select header_message_id as "messageId", received_at as at, true as inbound from inbound_mails
      where ticket_id in (select id from family) and header_message_id is not null and verdict in ('ticket_created', 'message_added') and outcome->>'held' = 'false'
        and ${conversationOf(sql`inbound_mails.message_id`)} = (select id from conversation)
    union all
    select message_id as "messageId", created_at as at, false as inbound from outbound_mails
      where ticket_id in (select id from family) and id < ${$.before} and kind not in ('notification', 'automatic_mail')
        and ${conversationOf(sql`outbound_mails.ticket_message_id`)} = (select id from conversation)
    order by at desc limit ${sql.raw(String(THREAD_MAX))}
  ) latest order by at`,
)

/** The Message-IDs of the mails of a conversation, that with the requester or another, on a ticket and on those that were merged into it, oldest first, for In-Reply-To and References (RFC 5322 §3.6.4). */
export const threadOf = async (tx: Connection, { ticketId, id, ticketMessageId }: OutboundRow) =>
  (await tx.query(thread.bind({ ticketId: ticketId ?? '', before: id, about: ticketMessageId }))).rows

const suppressionOf = prepare<{ address: string }>()(($) =>
  build.select(rowOf(suppressedAddresses)).from(suppressedAddresses).where(eq(suppressedAddresses.address, $.address)),
)

export type Suppression = typeof suppressedAddresses.$inferSelect

/** Why nothing is sent to an address, if nothing is. */
export const findSuppression = async (tx: Connection, address: string): Promise<Suppression | undefined> =>
  (await tx.query(suppressionOf.bind({ address }))).rows[0]

const acknowledged = prepareSql<{ ticketId: string }, { id: string }>()(
  ($) => sql`select id from outbound_mails where ticket_id = ${$.ticketId} and kind = 'acknowledgement' limit 1`,
)

export const wasAcknowledged = async (tx: Connection, ticketId: string): Promise<boolean> =>
  (await tx.query(acknowledged.bind({ ticketId }))).rows.length > 0

const provenOpening = prepareSql<{ ticketId: string }, { isProven: boolean }>()(
  ($) => sql`select coalesce(m.verified, false) and m.author_id = t.requester_id as "isProven"
    from messages m join tickets t on t.id = m.ticket_id where m.ticket_id = ${$.ticketId} order by m.id limit 1`,
)

/** Whether the mail that opened a ticket proves its requester. */
export const isOpeningProven = async (tx: Connection, ticketId: string): Promise<boolean> =>
  (await tx.query(provenOpening.bind({ ticketId }))).rows[0]?.isProven ?? false

const byMessageIds = prepareSql<{ ids: string[] }, { id: string }>()(
  ($) => sql`select m.id from unnest(${$.ids}::text[]) with ordinality as told(id, place)
    join outbound_mails m on m.id = split_part(told.id, '@', 1) and m.message_id = told.id order by told.place limit 1`,
)
const latestByKey = prepareSql<{ replyKey: string }, { id: string }>()(
  (
    $,
  ) => sql`select m.id from reply_addresses r join outbound_mails m on m.ticket_id = r.ticket_id and m."to" = r.address
    where r.reply_key = ${$.replyKey} order by m.id desc limit 1`,
)

/** A mail of ours that came back, locked, and what is known of its address. */
export interface ReportedMail {
  mail: OutboundRow
  suppression: Suppression | undefined
}

/** The mail that a report is about: by its Message-ID, else the latest to whom the reply address was given that it came to. */
export async function findReportedMail(
  tx: Connection,
  secrets: Secrets,
  { ids, rcptTo }: { ids: readonly string[]; rcptTo: string },
): Promise<ReportedMail | undefined> {
  const replyKey = openReplyToken(secrets, rcptTo.slice(rcptTo.indexOf('+') + 1, rcptTo.lastIndexOf('@')))
  const [named, latest] = await Promise.all([
    tx.query(byMessageIds.bind({ ids: [...ids] })),
    replyKey === undefined ? undefined : tx.query(latestByKey.bind({ replyKey })),
  ])
  const id = named.rows[0]?.id ?? latest?.rows[0]?.id
  if (id === undefined) return
  const mail = await lockOutboundMail(tx, id)
  return { mail, suppression: await findSuppression(tx, mail.to) }
}

const sentLately = prepareSql<
  { to: string; ticketId: string; mailId: string; ofAccount: boolean; now: Instant },
  Sent
>()(
  ($) => sql`select
    count(*) filter (where created_at > ${$.now}::timestamptz - interval '1 hour')::int as "lastHour",
    count(*)::int as "lastDay",
    count(*) filter (where ticket_id = ${$.ticketId} and created_at > ${$.now}::timestamptz - interval '1 hour')::int as "aboutTicket",
    (select count(*) from (select 1 from outbound_mails where kind = 'acknowledgement' and attempts > 0
      and created_at > ${$.now}::timestamptz - interval '1 hour' limit 1001) a)::int as everybody
  from (select ticket_id, created_at from outbound_mails where "to" = ${$.to} and kind <> 'reply' and attempts > 0
    and ${inArray(outboundMails.kind, [...OF_ACCOUNT])} = ${$.ofAccount}::boolean and id <> ${$.mailId} and created_at > ${$.now}::timestamptz - interval '1 day' order by created_at desc limit 1001) lately`,
)

// two workers must not both find room for the last one
const oneByOne = prepareSql<{ address: string }, never>()(
  ($) => sql`select pg_advisory_xact_lock(hashtextextended('automatic mail ' || ${$.address}, 0))`,
)

/** What was sent to an address automatically; nobody else sends to it before this transaction is done. */
export async function sentTo(tx: Connection, { to, ticketId, id, kind }: OutboundRow, now: Instant): Promise<Sent> {
  await tx.query(oneByOne.bind({ address: to }))
  const [sent] = (
    await tx.query(sentLately.bind({ to, ticketId: ticketId ?? '', mailId: id, ofAccount: isOfAccount(kind), now }))
  ).rows
  return sent ?? { lastHour: 0, lastDay: 0, aboutTicket: 0, everybody: 0 }
}

export const OWNER_CONSTRAINT = 'reply_addresses_owner'
