import { eq, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import type { Connection } from '../../db/client.ts'
import { build, named, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import type { Attachment } from '../attachments/schema.ts'
import { messages } from '../conversations/table.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { tickets } from '../tickets/table.ts'
import { newReplyKey, replyAddress } from './addresses.ts'
import { findReplyKey, lockOutboundMail, OWNER_CONSTRAINT, threadOf } from './store.ts'
import { outboundMails, replyAddresses } from './table.ts'

const content = prepare<{ id: string }>()(($) =>
  build
    .select({
      ...rowOf(messages),
      number: named<number>('number', tickets.number),
      mailboxId: named<string | null>('mailboxId', tickets.mailboxId),
    })
    .from(messages)
    .innerJoin(tickets, eq(tickets.id, messages.ticketId))
    .where(eq(messages.id, $.id)),
)

const living = prepareSql<{ id: string }, { id: string }>()(($) => sql`select id from workers where id = ${$.id}`)

/** A worker that is gone is out of the table as soon as somebody has missed it. */
const livesStill = async (tx: Connection, workerId: string): Promise<boolean> =>
  (await tx.query(living.bind({ id: workerId }))).rows.length > 0

/** A mail that so many attempts gave no answer for takes its worker down with it, or never ends: it is given up. */
const ATTEMPTS_MAX = 100

/** All that a mail is composed of. */
export interface ClaimedMail {
  messageId: string
  from: { name: string; address: string }
  to: { name: string | null; address: string }
  replyTo: string
  subject: string
  ticketNumber: number
  inReplyTo: string | null
  references: string[]
  bodyText: string
  bodyHtml: string | null
  attachments: Attachment[]
}

/** A worker takes a mail to send it. Null when it is sent already, or not to be sent: whoever comes second does nothing. Internal. */
export const claimOutboundMail = defineCommand({
  name: 'claimOutboundMail',
  group: 'mail',
  input: Closed({ outboundMailId: Id(), workerId: Type.String({ maxLength: 64 }) }),
  retryOn: [OWNER_CONSTRAINT],

  async subject({ tx, cached }, { outboundMailId, workerId }) {
    const mail = await lockOutboundMail(tx, outboundMailId)
    const [boxes, replyKey, thread, body] = await Promise.all([
      cached(mailboxesCached),
      findReplyKey(tx, mail.ticketId, mail.to),
      threadOf(tx, mail.ticketId, mail.id),
      tx.query(content.bind({ id: mail.ticketMessageId ?? '' })),
    ])
    const isWithAnother = mail.workerId !== null && mail.workerId !== workerId && (await livesStill(tx, mail.workerId))
    return { mail, boxes, replyKey, thread, message: body.rows[0], isWithAnother }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(
    { update, insert, now, secrets, settings },
    { workerId },
    { mail, boxes, replyKey: known, thread, message, isWithAnother },
  ): ClaimedMail | null {
    const box = boxes.find(({ id }) => id === message?.mailboxId) ?? boxes[0]
    const isDue = mail.state === 'queued' || (mail.state === 'deferred' && (mail.nextAttemptAt ?? now) <= now)
    if (!isDue || isWithAnother || !message || !box) return null
    if (mail.attempts >= ATTEMPTS_MAX) {
      update(outboundMails, mail, { state: 'failed', smtpResponse: 'given up', workerId: null, nextAttemptAt: null })
      return null
    }
    update(outboundMails, mail, { attempts: mail.attempts + 1, workerId })
    const replyKey = known ?? newReplyKey()
    if (!known) insert(replyAddresses, { replyKey, ticketId: mail.ticketId, address: mail.to, createdAt: now })
    const last = thread.findLast(({ inbound }) => inbound) ?? thread.at(-1)
    return {
      messageId: mail.messageId,
      from: { name: box.name, address: box.address },
      to: { name: mail.toName, address: mail.to },
      replyTo: replyAddress(secrets, box.address, replyKey, settings.replyDomain),
      subject: mail.subject,
      ticketNumber: message.number,
      inReplyTo: last?.messageId ?? null,
      references: thread.map(({ messageId }) => messageId),
      bodyText: message.bodyText,
      bodyHtml: message.bodyHtml,
      attachments: message.attachments,
    }
  },
})
