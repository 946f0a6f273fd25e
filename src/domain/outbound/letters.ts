import { type NoticeKind, noticeKinds } from '../people/schema.ts'

/** What a mail says. */
export interface Letter {
  subject: string
  bodyText: string
}

export const ACKNOWLEDGED = 'Your message has arrived'

/**
 * That a message has arrived. It holds the number and the mailbox's name and nothing that anybody wrote to us, or a stranger could
 * have us carry their words to a third (R22).
 */
export const acknowledgement = (mailbox: string, number: number): Letter => ({
  subject: ACKNOWLEDGED,
  bodyText: [
    `Your message has arrived, and its number is ${number}.`,
    'To add something, answer this mail.',
    mailbox,
  ].join('\n\n'),
})

/** To which phase a ticket has come. Like an acknowledgement it carries no word of theirs (R22). */
export const phase = (status: string, number: number): Letter => ({
  subject: `Your ticket: ${status}`,
  bodyText: [`Your ticket ${number} is now: ${status}.`, 'To add something, answer this mail.'].join('\n\n'),
})

export interface Told {
  ticket: { number: number; subject: string }
  requester: { name: string | null; email: string }
  /** What it is about, where it is a message. */
  text: string | null
  link: string
  /** Whether an answer by mail can count as the agent's own. */
  isAnswerable: boolean
}

const SAYINGS: Record<NoticeKind, (told: Told) => string> = {
  ticket_assigned: () => 'This ticket is assigned to you.',
  customer_replied: () => 'The customer has written on your ticket.',
  message_held: () =>
    'A mail by somebody unknown is held on your ticket. Nobody but agents sees it until it is released.',
  mail_unverified: () =>
    'A mail that bears your address came to this ticket. Nothing proves that you sent it, so it is an internal note.',
  mail_bounced: () => 'A mail of this ticket came back.',
  ticket_changed: () => 'A rule of the desk wants you to look at this ticket.',
  note_added: () => 'Somebody has written in an internal conversation in which you take part.',
  mentioned: () => 'Somebody has written to you in an internal note.',
  sla_warning: () => 'What was promised for this ticket is due soon.',
  sla_breached: () => 'What was promised for this ticket is overdue.',
  command_refused: () => 'Your mail is on this ticket, but not all of it was done as you wrote it.',
}
export const noticeSubject = (kind: NoticeKind, { subject }: { subject: string }): string =>
  `${SUBJECTS[kind]}: ${subject}`

const SUBJECTS: Record<NoticeKind, string> = {
  ticket_assigned: 'Assigned to you',
  customer_replied: 'Customer replied',
  message_held: 'Mail held',
  mail_unverified: 'Unproven mail',
  mail_bounced: 'Mail came back',
  ticket_changed: 'Please look',
  note_added: 'Internal note',
  mentioned: 'For you',
  sla_warning: 'Due soon',
  sla_breached: 'Overdue',
  command_refused: 'Not done',
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

export const digestSubject = ({ notices, tickets }: { notices: number; tickets: number }): string =>
  `Digest: ${counted(notices, 'notice')} on ${counted(tickets, 'ticket')}`

/** A ticket as a digest tells of it. */
export interface DigestedTicket {
  number: number
  subject: string
  /** How many notices of each kind. */
  notices: Partial<Record<NoticeKind, number>>
}

/** To somebody who works here: what happened to which tickets, and that this mail takes no answer. */
export function digest({ tickets, total }: { tickets: DigestedTicket[]; total: number }, publicUrl: string): string {
  const more = total - tickets.length
  return [
    'What is new on your tickets, the newest first:',
    ...tickets.map(({ number, subject, notices }) =>
      [`#${number} ${subject}`, noticeCounts(notices), `${publicUrl}/v1/tickets/${number}`].join('\n'),
    ),
    ...(more > 0 ? [`and ${counted(more, 'more ticket')}: ${publicUrl}/v1/notifications?readAt=none`] : []),
    'Do not answer this mail: what is sent to its address is refused, and reaches no ticket. Answer customers by the API.',
  ].join('\n\n')
}

/** `Customer replied: 3, Internal note: 1` */
const noticeCounts = (notices: DigestedTicket['notices']): string =>
  noticeKinds.flatMap((kind) => (notices[kind] ? [`${SUBJECTS[kind]}: ${notices[kind]}`] : [])).join(', ')

const TEXT_CHARACTERS_MAX = 4_000

/** To somebody who works here: what happened, to which ticket, and what an answer to this mail becomes. */
export function notification(kind: NoticeKind, told: Told): Letter {
  const { ticket, requester, text, link, isAnswerable } = told
  const from = requester.name ? `${requester.name} <${requester.email}>` : requester.email
  return {
    subject: noticeSubject(kind, ticket),
    bodyText: [
      SAYINGS[kind](told),
      `#${ticket.number} ${ticket.subject}\nRequester: ${from}\n${link}`,
      ...(text ? [text.slice(0, TEXT_CHARACTERS_MAX).toWellFormed()] : []),
      isAnswerable
        ? 'An answer to this mail goes to the customer.'
        : 'An answer to this mail becomes an internal note; answer customers by the API.',
    ].join('\n\n'),
  }
}
