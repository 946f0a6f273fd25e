import { sql } from 'drizzle-orm'
import { Type } from 'typebox'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import type { Settings } from '../../kernel/settings.ts'
import type { Attachment } from '../attachments/schema.ts'
import { tokenLetter } from '../login/letters.ts'
import { lockTokenOf, newSecretFor, type TokenRow } from '../login/tokens.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { type Digest, findDigest } from '../notifications/digests.ts'
import type { NoticeKind } from '../people/schema.ts'
import { writeChange } from '../tickets/changing.ts'
import { type LockedTicket, lockEnd } from '../tickets/store.ts'
import { NOBODY, newReplyKey, noReplyAddress, replyAddress } from './addresses.ts'
import { isSuppressed, type OutboundRow, overBudget, RESENT, withStep } from './decide.ts'
import { acknowledgement, digest as digestLetter, notification } from './letters.ts'
import { findReplyKey, findSuppression, lockOutboundMail, OWNER_CONSTRAINT, sentTo, threadOf } from './store.ts'
import { outboundMails, replyAddresses } from './table.ts'

interface Content {
  number: number
  ticketSubject: string
  mailboxId: string | null
  requesterName: string | null
  requesterEmail: string
  isDeleted: boolean
  isSpam: boolean
  messageId: string | null
  /** The conversation that it goes out from, where that is not the requester's. */
  sideId: string | null
  bodyText: string | null
  bodyHtml: string | null
  visibleText: string | null
  attachments: Attachment[] | null
}

const content = prepareSql<{ ticketId: string; messageId: string | null }, Content>()(
  (
    $,
  ) => sql`select t.number, t.subject as "ticketSubject", t.mailbox_id as "mailboxId", p.name as "requesterName", p.email as "requesterEmail",
      t.deleted_at is not null as "isDeleted", t.spam as "isSpam",
      m.id as "messageId", case m.visibility when 'participants' then m.conversation_id end as "sideId", m.body_text as "bodyText", m.body_html as "bodyHtml", m.visible_text as "visibleText", m.attachments
    from tickets t join people p on p.id = t.requester_id left join messages m on m.id = ${$.messageId} where t.id = ${$.ticketId}`,
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
  /** Null where there is nothing to answer. */
  replyTo: string | null
  subject: string
  ticketNumber: number | null
  inReplyTo: string | null
  references: string[]
  bodyText: string
  bodyHtml: string | null
  attachments: Attachment[]
  /** Sent by no person. */
  automatic: boolean
}

/**
 * A worker takes a mail to send it. Null when it is sent already, or not to be sent (whoever comes second does nothing), or when it is
 * to be sent later, with another job at that time. Here it is asked whether its address may have it: bounced addresses get nothing, and machines do not write without end. Internal.
 */
export const claimOutboundMail = defineCommand({
  name: 'claimOutboundMail',
  group: 'mail',
  input: Closed({ outboundMailId: Id(), workerId: Type.String({ maxLength: 64 }) }),
  retryOn: [OWNER_CONSTRAINT],

  async subject({ tx, cached, now }, { outboundMailId, workerId }) {
    const mail = await lockOutboundMail(tx, outboundMailId)
    const ticketId = mail.ticketId ?? ''
    const [boxes, replyKey, thread, found, suppression, token, digest] = await Promise.all([
      cached(mailboxesCached),
      findReplyKey(tx, { ticketId, address: answererOf(mail), messageId: mail.ticketMessageId }),
      threadOf(tx, mail),
      tx.query(content.bind({ ticketId, messageId: mail.ticketMessageId })),
      findSuppression(tx, mail.to),
      mail.ticketId === null ? lockTokenOf(tx, mail.id) : undefined,
      mail.kind === 'digest' ? findDigest(tx, mail) : undefined,
    ])
    const isWithAnother = mail.workerId !== null && mail.workerId !== workerId && (await livesStill(tx, mail.workerId))
    const refusal = isSuppressed(suppression, mail.kind)
      ? `the address is suppressed: ${suppression?.reason}`
      : isFirstAutomatic(mail)
        ? overBudget(mail.kind, await sentTo(tx, mail, now))
        : undefined
    // a loop is told on its ticket
    const looping = refusal && mail.kind === 'acknowledgement' && !suppression ? await lockEnd(tx, ticketId) : undefined
    return { mail, boxes, replyKey, thread, content: found.rows[0], token, digest, isWithAnother, refusal, looping }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, { workerId }, found): ClaimedMail | null {
    const { update, insert, now, secrets, settings } = context
    const { mail, boxes, replyKey: known, thread, content } = found
    const box = boxes.find(({ id }) => id === content?.mailboxId) ?? boxes[0]
    const isOpen = mail.state === 'queued' || mail.state === 'deferred'
    if (!isOpen || found.isWithAnother || !(content || mail.ticketId === null) || !box) return null
    if (mail.nextAttemptAt !== null && mail.nextAttemptAt > now) {
      // the clock of the queue is the database's: its job may come before its time by ours, and must not be the last
      context.enqueue({ queue: 'mail.send', data: { outboundMailId: mail.id } }, mail.nextAttemptAt)
      return null
    }
    const isGone = isMessage(mail) && content?.messageId === null
    const ended =
      mail.attempts >= ATTEMPTS_MAX
        ? 'given up'
        : isGone
          ? 'its message is gone'
          : (silenceBy(mail, found, now) ?? found.refusal)
    if (ended !== undefined) {
      endMail(context, mail, ended)
      if (found.looping) tagLoop(context, found.looping)
      return null
    }
    update(outboundMails, mail, { attempts: mail.attempts + 1, workerId })
    const common = {
      messageId: mail.messageId,
      from: { name: box.name, address: box.address },
      to: { name: mail.toName, address: mail.to },
      subject: mail.subject,
      automatic: mail.kind !== 'reply',
    }
    if (found.digest) return { ...common, ...digestMail(box, found.digest, settings) }
    if (!content || mail.ticketId === null) return { ...common, ...tokenMail(context, found.token, box.name) }
    const replyKey = known ?? newReplyKey()
    const answered = { ticketId: mail.ticketId, address: answererOf(mail), conversationId: content.sideId }
    if (!known) insert(replyAddresses, { replyKey, ...answered, createdAt: now })
    const isApart = mail.kind === 'automatic_mail'
    const last = isApart ? undefined : (thread.findLast(({ inbound }) => inbound) ?? thread.at(-1))
    return {
      ...common,
      replyTo: replyAddress(secrets, box.address, replyKey, settings.replyDomain),
      ticketNumber: content.number,
      inReplyTo: last?.messageId ?? null,
      // outsiders learn nothing of the mails between us and the requester
      references: isApart ? [] : thread.map(({ messageId }) => messageId),
      ...letterOf(mail, content, box.name, settings),
    }
  },
})

/** An attempt that was made has had its place in the budget, and what somebody sends by hand needs none. */
const isFirstAutomatic = (mail: OutboundRow): boolean =>
  mail.kind !== 'reply' && mail.attempts === 0 && !mail.trail.some(({ step }) => step === RESENT)

/** Notices that quote nothing but what the customer has read or written: an answer to them can be meant for the customer. */
const FOR_ANSWERS: readonly (NoticeKind | null)[] = ['ticket_assigned', 'customer_replied']

const isForAnswers = ({ kind, notice }: OutboundRow): boolean =>
  kind !== 'automatic_mail' && (kind !== 'notification' || FOR_ANSWERS.includes(notice))

/** Who writes to the reply address of a mail: an answer from outside makes nobody a correspondent, and one to a note is no reply. */
const answererOf = (mail: OutboundRow): string => (isForAnswers(mail) ? mail.to : NOBODY)

/** A mail about no single ticket has no thread, and no signed address for answers. */
const ofNoTicket = (bodyText: string) => ({
  replyTo: null,
  ticketNumber: null,
  inReplyTo: null,
  references: [],
  bodyText,
  bodyHtml: null,
  attachments: [],
})

/** A mail about an account carries its token from here. */
function tokenMail(context: CommandContext, token: TokenRow | undefined, mailbox: string) {
  if (!token) throw new Error('a mail about an account without its token is ended before')
  return ofNoTicket(tokenLetter(token.purpose, newSecretFor(context, token), mailbox, context.settings.portalUrl))
}

/** Whoever answers all that comes, headers or not, must not open a ticket of which they are told by the next digest. */
const digestMail = (box: { name: string; address: string }, told: Digest, settings: Settings) => ({
  ...ofNoTicket(digestLetter(told, settings.publicUrl)),
  from: { name: box.name, address: noReplyAddress(box.address, settings.replyDomain) },
})

/** What is deleted is told to nobody, nothing automatic answers spam, and a token is good for its time. */
function silenceBy(
  { kind }: OutboundRow,
  { content, token, digest }: { content: Content | undefined; token: TokenRow | undefined; digest: Digest | undefined },
  now: Instant,
): string | undefined {
  if (kind === 'digest') return digest ? undefined : 'its reader sees nothing of it any more'
  if (!content) return token && !token.usedAt && token.expiresAt > now ? undefined : 'its token has had its time'
  const { isDeleted, isSpam } = content
  if (isDeleted) return 'its ticket is deleted'
  if (isSpam && kind !== 'reply' && kind !== 'notification') return 'its ticket is spam'
}

const isMessage = ({ kind }: OutboundRow): boolean => kind === 'reply' || kind === 'automatic_reply'

/** Not lost: it stays in the ledger with the reason, and can be sent by hand. */
function endMail({ update, now }: CommandContext, mail: OutboundRow, reason: string): void {
  const state = mail.attempts >= ATTEMPTS_MAX ? 'failed' : 'suppressed'
  const trail = withStep(mail, { at: now, step: 'send', result: state, detail: reason })
  update(outboundMails, mail, { state, smtpResponse: reason, workerId: null, nextAttemptAt: null, trail })
}

const LOOP_TAG = 'loop_suspected'

function tagLoop(context: CommandContext, locked: LockedTicket): void {
  const { tags } = locked.ticket
  if (!tags.includes(LOOP_TAG)) writeChange(context, locked, { tags: [...tags, LOOP_TAG] })
}

/** What it says: somebody's message, what was written for it, or a letter of ours. */
function letterOf(
  mail: OutboundRow,
  content: Content,
  mailbox: string,
  settings: Settings,
): Pick<ClaimedMail, 'bodyText' | 'bodyHtml' | 'attachments'> {
  const { bodyText, bodyHtml, attachments } = content
  if (isMessage(mail)) return { bodyText: bodyText ?? '', bodyHtml, attachments: attachments ?? [] }
  if (mail.bodyText !== null) return { bodyText: mail.bodyText, bodyHtml: mail.bodyHtml, attachments: [] }
  const { bodyText: text } =
    mail.kind === 'notification' && mail.notice
      ? notification(mail.notice, {
          ticket: { number: content.number, subject: content.ticketSubject },
          requester: { name: content.requesterName, email: content.requesterEmail },
          text: content.visibleText,
          link: `${settings.publicUrl}/v1/tickets/${content.number}`,
          isAnswerable: settings.authservIds.length > 0 && isForAnswers(mail),
        })
      : acknowledgement(mailbox, content.number)
  return { bodyText: text, bodyHtml: null, attachments: [] }
}
