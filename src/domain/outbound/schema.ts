import { type Static, Type } from 'typebox'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'

export const outboundStates = ['queued', 'sent', 'deferred', 'failed', 'suppressed', 'unrouted'] as const
export const OutboundState = Type.Enum([...outboundStates])
export type OutboundState = Static<typeof OutboundState>

export const OutboundMail = Closed(
  {
    id: Id(),
    ticketId: Id(),
    ticketMessageId: Nullable(Id()),
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

declare module '../../kernel/jobs.ts' {
  interface JobData {
    'mail.send': { outboundMailId: string }
  }
}
