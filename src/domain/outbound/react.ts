import type { CommandContext, Reaction } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Requester } from '../tickets/decide.ts'
import { isUndeliverable, subjectOf } from './decide.ts'
import { outboundMails } from './table.ts'

/** The facts of a ticket's event that mail is made from; `ticketFacts` wrote them. */
interface Told {
  ticket: { id: string; number: number; subject: string }
  requester: Requester
}

/** The requester hears of every public reply that is not their own: a row of the ledger, and the job that sends it. */
export const mailPublicReply: Reaction = (event, context) => {
  if (event.type !== 'ticket.replied') return
  const { ticket, requester } = event.facts as unknown as Told // facts are JSON
  if (event.actor.id === requester.id) return
  queueMail(context, {
    ticket,
    messageId: event.data.messageId,
    to: requester,
    reason: `reply by ${event.actor.kind} ${event.actor.id}`,
  })
}

interface Wanted {
  ticket: Told['ticket']
  messageId: string
  to: Pick<Requester, 'email' | 'name'>
  reason: string
}

/** Without a relay mail stays in the ledger as `unrouted`; it is sent by resend only. */
function queueMail(
  { insert, enqueue, now, settings }: CommandContext,
  { ticket, messageId, to, reason }: Wanted,
): void {
  const id = newId('oum')
  const state = isUndeliverable(to.email) ? 'suppressed' : settings.mailIsRouted ? 'queued' : 'unrouted'
  insert(outboundMails, {
    id,
    ticketId: ticket.id,
    ticketMessageId: messageId,
    messageId: `${id}@${settings.replyDomain}`,
    to: to.email,
    toName: to.name,
    subject: subjectOf(ticket),
    reason,
    state,
    attempts: 0,
    workerId: null,
    smtpResponse: null,
    createdAt: now,
    sentAt: null,
    nextAttemptAt: null,
  })
  if (state === 'queued') enqueue({ queue: 'mail.send', data: { outboundMailId: id } })
}
