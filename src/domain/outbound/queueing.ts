import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Body } from '../conversations/body.ts'
import type { NoticeKind } from '../people/schema.ts'
import type { Party } from '../tickets/decide.ts'
import { isUndeliverable, type OutboundRow } from './decide.ts'
import type { OutboundKind } from './schema.ts'
import { outboundMails } from './table.ts'

export interface Wanted {
  /** Given where something refers to it before it is written. */
  id?: string
  /** Null where it is about an account, or about several tickets. */
  ticketId: string | null
  kind: OutboundKind
  /** What a notification tells. */
  notice?: NoticeKind
  /** What it carries, or what a notification is about. */
  messageId: string | null
  to: Omit<Party, 'id'> & { id: string | null }
  subject: string
  /** What it says, where neither a message nor a letter of the desk does. */
  body?: Body
  reason: string
  eventId: string | null
  /** Why it may not leave. */
  silence?: string | undefined
  /** What is to be known of how it was written. */
  remark?: string | undefined
}

/**
 * A row of the ledger, and the job that sends it. Whether its address may have it now is asked when it is sent. Without a relay mail
 * stays in the ledger as `unrouted`; it is sent by resend only.
 */
export function queueMail({ insert, enqueue, now, settings }: CommandContext, wanted: Wanted): OutboundRow {
  const { id = newId('oum'), ticketId, kind, notice = null, messageId, to, subject, body, reason, eventId } = wanted
  const obstacle = wanted.silence ?? (isUndeliverable(to.email) ? 'nobody can have this address' : undefined)
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
    bodyText: body?.bodyText ?? null,
    bodyHtml: body?.bodyHtml ?? null,
    reason,
    state,
    attempts: 0,
    workerId: null,
    smtpResponse: obstacle ?? null,
    createdAt: now,
    sentAt: null,
    nextAttemptAt: null,
    trail: [
      { at: now, step: 'queued', result: state, detail: obstacle ?? reason },
      ...(wanted.remark === undefined ? [] : [{ at: now, step: 'template', result: 'thinned', detail: wanted.remark }]),
    ],
  }
  insert(outboundMails, row)
  if (state === 'queued') enqueue({ queue: 'mail.send', data: { outboundMailId: id } })
  return row
}

/** Why what a machine's mail began may not leave as mail (RFC 3834 §2). */
export const silenceOf = ({ isSilenced }: { isSilenced: boolean }): string | undefined =>
  isSilenced ? 'what began it asks for no automatic answer' : undefined
