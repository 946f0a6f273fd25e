import type { Reaction } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import type { MailFacts, Party, Requester } from '../tickets/decide.ts'
import { subjectOf } from './decide.ts'
import { queueMail, silenceOf } from './queueing.ts'

/** The facts of a ticket's event that mail is made from; `ticketFacts` wrote them. */
interface Told {
  ticket: { id: string; number: number; subject: string; mailboxId?: string | null }
  requester: Requester
  followers?: Party[]
  /** Of another conversation. */
  participants?: Party[]
  mail?: MailFacts
}

const toldBy = (event: DeskEvent): Told => event.facts as unknown as Told // facts are JSON

/**
 * A public reply goes to the requester and the followers, and what is said in another conversation to its participants; but not back to
 * its author, nor to whom its own mail went already.
 */
export const mailPublicReply: Reaction = (event, context) => {
  if (event.type !== 'ticket.replied' && event.type !== 'conversation.replied') return
  const { ticket, requester, followers = [], participants = [], mail } = toldBy(event)
  const parties = event.type === 'ticket.replied' ? [requester, ...followers] : participants
  const had = new Set(mail?.copied)
  const recipients = new Map(parties.map((party) => [party.id, party]))
  for (const to of recipients.values()) {
    if (to.id === event.actor.id || had.has(to.email)) continue
    queueMail(context, {
      ticketId: ticket.id,
      // what nobody wrote says so, and keeps to what RFC 3834 allows
      kind: event.actor.kind === 'person' ? 'reply' : 'automatic_reply',
      silence: silenceOf(event),
      messageId: event.data.messageId,
      to,
      subject: subjectOf(ticket),
      reason: `reply by ${event.actor.kind} ${event.actor.id}`,
      eventId: event.id,
    })
  }
}
