import type { Channel } from '../../kernel/actor.ts'
import { after, DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../../kernel/clock.ts'
import type { MailFacts } from '../tickets/decide.ts'
import type { MailStep, OutboundKind, OutboundMail, SuppressionReason } from './schema.ts'
import type { outboundMails } from './table.ts'

export type OutboundRow = typeof outboundMails.$inferSelect

/** The ledger as it is read: without what only the sender of mail needs. */
export const shownMail = ({
  workerId: _w,
  toName: _n,
  nextAttemptAt: _a,
  trail: _t,
  eventId: _e,
  notice: _k,
  bodyText: _b,
  bodyHtml: _h,
  ...mail
}: OutboundRow): OutboundMail => mail

const RETRY_AFTER_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS]
const GIVE_UP_AFTER_MS = 5 * DAY_MS

/** When a deferred mail is tried again; undefined once five days have passed (RFC 5321 §4.5.4.1). `spread` 0–1 keeps many from coming at once. */
export function nextAttempt(
  mail: Pick<OutboundRow, 'attempts' | 'createdAt'>,
  now: Instant,
  spread: number,
): Instant | undefined {
  const wait = RETRY_AFTER_MS[Math.min(mail.attempts, RETRY_AFTER_MS.length) - 1] ?? MINUTE_MS
  const next = after(now, wait * (1 + spread / 4))
  return next < after(mail.createdAt, GIVE_UP_AFTER_MS) ? next : undefined
}

/** The step of a mail that somebody sends again by hand. */
export const RESENT = 'resend'

const TRAIL_MAX = 50

/** The way of a mail with one step more. Of very many the first and the latest are kept. */
export function withStep({ trail }: Pick<OutboundRow, 'trail'>, step: MailStep): MailStep[] {
  const steps = [...trail, { ...step, detail: step.detail?.slice(0, 500) ?? null }]
  return steps.length <= TRAIL_MAX ? steps : [...steps.slice(0, 10), ...steps.slice(10 - TRAIL_MAX)]
}

export const OF_ACCOUNT: readonly OutboundKind[] = ['invitation', 'password_reset', 'email_verification']

/** A mail without which somebody does not get in: it has a budget of its own. */
export const isOfAccount = (kind: OutboundKind): boolean => OF_ACCOUNT.includes(kind)

/** Whether an address takes this mail: a bounce stops all, a complaint what a machine sends about tickets. */
export const isSuppressed = (suppression: { reason: SuppressionReason } | undefined, kind: OutboundKind): boolean =>
  suppression !== undefined && (suppression.reason !== 'complaint' || !(kind === 'reply' || isOfAccount(kind)))

/** Automatic mails that an address had lately, about accounts or about tickets; `everybody`: acknowledgements to all, in the last hour. */
export interface Sent {
  lastHour: number
  lastDay: number
  /** Of these, about this ticket in the last hour. */
  aboutTicket: number
  everybody: number
}

const ACKNOWLEDGEMENTS = { hour: 5, day: 20, everybody: 1_000 }
const NOTIFICATIONS = { hour: 60, ticket: 5 }

/**
 * Back-stop against loops and mail bombs (mail/README rule 9, R22, R25): why an automatic mail stays here, or nothing. Those who work
 * here may hear of many tickets, but not all day of one.
 */
export function overBudget(kind: OutboundKind, sent: Sent): string | undefined {
  // of digests nobody gets more than four an hour
  if (kind === 'reply' || kind === 'digest') return
  if (kind === 'notification') {
    if (sent.aboutTicket >= NOTIFICATIONS.ticket) return `${NOTIFICATIONS.ticket} an hour about one ticket`
    return sent.lastHour >= NOTIFICATIONS.hour ? `${NOTIFICATIONS.hour} an hour to an address` : undefined
  }
  if (sent.lastHour >= ACKNOWLEDGEMENTS.hour) return `${ACKNOWLEDGEMENTS.hour} an hour to an address`
  if (sent.lastDay >= ACKNOWLEDGEMENTS.day) return `${ACKNOWLEDGEMENTS.day} a day to an address`
  if (isOfAccount(kind)) return
  return sent.everybody >= ACKNOWLEDGEMENTS.everybody ? `${ACKNOWLEDGEMENTS.everybody} an hour to everybody` : undefined
}

/** `Printer #[12]`: the number lets an answer find its ticket where a client drops all other traces. */
export const numbered = (subject: string, number: number): string => `${subject} #[${number}]`

/** `Re: Printer #[12]` */
export const subjectOf = ({ number, subject }: { number: number; subject: string }): string =>
  numbered(`Re: ${subject.replace(/^(re|aw|sv|antw):\s*/i, '')}`, number)

/**
 * Whether a ticket's requester is known to have asked: it came with a credential, or the mail that something follows from is proven by
 * a relay. `facts` are those of that event.
 */
export function isProven({ channel }: { channel: Channel }, facts: Record<string, unknown> | undefined): boolean {
  const { mail } = (facts ?? {}) as { mail?: MailFacts } // ticketFacts wrote them
  return mail ? mail.verified : channel !== 'email'
}

/** Addresses that nobody can have (RFC 2606, RFC 6761): mail to them never leaves. */
export const isUndeliverable = (address: string): boolean => /\.invalid$/.test(address)
