import { after, DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../../kernel/clock.ts'
import type { outboundMails } from './table.ts'

export type OutboundRow = typeof outboundMails.$inferSelect

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

/** `Re: Printer #[12]`: the number lets an answer find its ticket where a client drops all other traces. */
export const subjectOf = ({ number, subject }: { number: number; subject: string }): string =>
  `Re: ${subject.replace(/^(re|aw|sv|antw):\s*/i, '')} #[${number}]`

/** Addresses that nobody can have (RFC 2606, RFC 6761): mail to them never leaves. */
export const isUndeliverable = (address: string): boolean => /\.invalid$/.test(address)
