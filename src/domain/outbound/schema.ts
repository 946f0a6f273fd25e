import { type Static, Type } from 'typebox'
import { channels } from '../../kernel/actor.ts'
import { Closed, EmailAddress, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import { Body, BodyFormat, TicketRef } from '../tickets/schema.ts'

export const outboundStates = ['queued', 'sent', 'deferred', 'failed', 'suppressed', 'unrouted'] as const
export const OutboundState = Type.Enum([...outboundStates])
export type OutboundState = Static<typeof OutboundState>

/** A reply is what a person wrote; the others are sent by the desk itself, an automatic reply or mail by a rule or a macro. */
export const outboundKinds = [
  'reply',
  'automatic_reply',
  'automatic_mail',
  'acknowledgement',
  'notification',
  'digest',
  'invitation',
  'password_reset',
  'email_verification',
] as const
export const OutboundKind = Type.Enum([...outboundKinds])
export type OutboundKind = Static<typeof OutboundKind>

/** One step in the life of a mail: what was decided, or what the relay answered. */
export const MailStep = Closed({
  at: Timestamp,
  step: Type.String(),
  result: Type.String(),
  detail: Nullable(Type.String()),
})
export type MailStep = Static<typeof MailStep>

export const SuppressionReason = Type.Enum(['hard_bounce', 'complaint', 'manual'])
export type SuppressionReason = Static<typeof SuppressionReason>

export const SuppressedAddress = Closed(
  {
    address: Type.String(),
    reason: SuppressionReason,
    detail: Nullable(Type.String()),
    inboundMailId: Nullable(Id('The bounce or complaint that says so')),
    createdById: Nullable(Id()),
    createdAt: Timestamp,
  },
  { $id: 'SuppressedAddress', description: 'Nothing is sent to it any more; after a complaint, nothing automatic' },
)
export type SuppressedAddress = Static<typeof SuppressedAddress>

export const AcknowledgeTicket = Closed({
  ticketId: TicketRef,
  template: Type.Optional(Key('What it says; without it, the number and the mailbox’s name')),
})

const WORDS = 'Either a template, or subject and body'
/** A mail to an address that somebody named, about a ticket. */
export const SendMail = Closed({
  ticketId: TicketRef,
  to: EmailAddress,
  template: Type.Optional(Key(WORDS)),
  subject: Type.Optional(Line(300)),
  body: Type.Optional(Body),
  format: Type.Optional(BodyFormat),
})
export type SendMail = Static<typeof SendMail>

export const SuppressAddress = Closed({ address: EmailAddress, detail: Type.Optional(Line(500)) })
export const UnsuppressAddress = Closed({ address: Type.String({ minLength: 3, maxLength: 320 }) })

export const OutboundMail = Closed(
  {
    id: Id(),
    ticketId: Nullable(Id('None: it is about an account, or a digest')),
    ticketMessageId: Nullable(Id()),
    kind: OutboundKind,
    personId: Nullable(Id('Whose mail it is')),
    messageId: Type.String({ description: 'The Message-ID header, without angle brackets; the same at every attempt' }),
    to: Type.String(),
    subject: Type.String(),
    reason: Type.String({ description: 'Who caused it and why' }),
    state: OutboundState,
    attempts: Type.Integer(),
    smtpResponse: Nullable(Type.String()),
    createdAt: Timestamp,
    sentAt: Nullable(Timestamp),
  },
  { $id: 'OutboundMail' },
)
export type OutboundMail = Static<typeof OutboundMail>

/** What a mail follows from. */
export const MailCause = Closed({
  id: Id(),
  type: Type.String(),
  at: Timestamp,
  actorKind: Type.String(),
  actorId: Type.String(),
  channel: Type.Enum([...channels]),
})

/** Why a mail was sent, or was not. */
export const MailExplanation = Closed(
  {
    mail: Type.Unsafe<OutboundMail>(Type.Ref('OutboundMail')),
    event: Nullable(MailCause),
    suppression: Nullable(Type.Unsafe<SuppressedAddress>(Type.Ref('SuppressedAddress'))),
    nextAttemptAt: Nullable(Timestamp),
    bodyText: Nullable(
      Type.String({ description: 'What it says, where neither a message nor a letter of the desk says it' }),
    ),
    trail: Type.Array(MailStep, { description: 'What was decided and answered, oldest first' }),
  },
  { $id: 'MailExplanation' },
)
export type MailExplanation = Static<typeof MailExplanation>

declare module '../../kernel/events.ts' {
  interface EventData {
    'mail.bounced': { outboundMailId: string; inboundMailId: string | null; status: string | null; hard: boolean }
    'address.suppressed': { address: string; reason: SuppressionReason }
    'address.unsuppressed': { address: string }
  }
}

declare module '../../kernel/jobs.ts' {
  interface JobData {
    'mail.send': { outboundMailId: string }
  }
}
