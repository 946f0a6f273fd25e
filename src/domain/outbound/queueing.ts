import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { NoticeKind } from '../people/schema.ts'
import type { Party } from '../tickets/decide.ts'
import { isUndeliverable, type OutboundRow } from './decide.ts'
import { ACKNOWLEDGED } from './letters.ts'
import type { OutboundKind } from './schema.ts'
import { outboundMails } from './table.ts'

export interface Wanted {
  ticketId: string
  kind: OutboundKind
  /** What a notification tells. */
  notice?: NoticeKind
  /** What it carries, or what a notification is about. */
  messageId: string | null
  to: Party
  subject: string
  reason: string
  eventId: string | null
  /** Why it may not leave. */
  silence?: string
}

/**
 * A row of the ledger, and the job that sends it. Whether its address may have it now is asked when it is sent. Without a relay mail
 * stays in the ledger as `unrouted`; it is sent by resend only.
 */
export function queueMail({ insert, enqueue, now, settings }: CommandContext, wanted: Wanted): OutboundRow {
  const { ticketId, kind, notice = null, messageId, to, subject, reason, eventId, silence } = wanted
  const id = newId('oum')
  const obstacle = silence ?? (isUndeliverable(to.email) ? 'nobody can have this address' : undefined)
  const state = obstacle ? 'suppressed' : settings.mailIsRouted ? 'queued' : 'unrouted'
  const row: OutboundRow = {
    id,
    ticketId,
    ticketMessageId: messageId,
    kind,
    notice,
    personId: to.id,
    eventId,
    messageId: `${id}@${settings.replyDomain}`,
    to: to.email,
    toName: to.name,
    subject,
    reason,
    state,
    attempts: 0,
    workerId: null,
    smtpResponse: obstacle ?? null,
    createdAt: now,
    sentAt: null,
    nextAttemptAt: null,
    trail: [{ at: now, step: 'queued', result: state, detail: obstacle ?? reason }],
  }
  insert(outboundMails, row)
  if (state === 'queued') enqueue({ queue: 'mail.send', data: { outboundMailId: id } })
  return row
}

interface Acknowledged {
  ticketId: string
  requester: Party
  eventId: string | null
  reason: string
}

/** Tells the requester that their message has arrived; what it says is written when it is sent (`letters.ts`). */
export const acknowledge = (context: CommandContext, { requester, ...cause }: Acknowledged): OutboundRow =>
  queueMail(context, {
    ...cause,
    kind: 'acknowledgement',
    messageId: null,
    to: requester,
    subject: ACKNOWLEDGED,
  })
