import { type Static, Type } from 'typebox'
import type { BlobSource } from '../../kernel/blobs.ts'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'
import { type InboundMail, MailBounce, MailForward, ParsedMail } from '../mail/schema.ts'

export const InboundState = Type.Enum(['pending', 'done', 'failed'])
export type InboundState = Static<typeof InboundState>

export const verdicts = [
  'ticket_created',
  'message_added',
  'note_added',
  'auto_reply_recorded',
  'bounce_recorded',
  'feedback_recorded',
  'receipt_recorded',
  'quarantined',
  'rejected',
  'duplicate',
  'ignored',
] as const
export const Verdict = Type.Enum([...verdicts])
export type Verdict = Static<typeof Verdict>

export const TraceStep = Closed({ step: Type.String(), result: Type.String(), detail: Nullable(Type.String()) })
export type TraceStep = Static<typeof TraceStep>

/** A line by which an agent had something done by mail. */
export const MailCommand = Closed(
  {
    line: Type.String({ description: 'As it was written' }),
    done: Nullable(Type.Boolean({ description: 'Null where the mail was only inspected' })),
    code: Nullable(Type.String({ description: 'The problem for which it was refused' })),
    detail: Nullable(Type.String({ description: 'Why it was refused' })),
  },
  { $id: 'MailCommand', description: 'A command by mail, and whether it was done' },
)
export type MailCommand = Static<typeof MailCommand>

const outcome = {
  verdict: Verdict,
  reason: Type.String(),
  ticketNumber: Nullable(Type.Integer()),
  held: Type.Boolean({ description: 'On the ticket, for agents only' }),
  verified: Nullable(Type.Boolean()),
  autorespond: Type.Boolean({ description: 'Whether an automatic answer may be sent (RFC 3834)' }),
  forward: Nullable(MailForward),
  bounce: Nullable(MailBounce),
  parseError: Nullable(Type.String({ description: 'Why it could not be read; the raw message is attached instead' })),
  trace: Type.Array(TraceStep),
  commands: Type.Optional(
    Nullable(
      Type.Array(Type.Unsafe<MailCommand>(Type.Ref('MailCommand')), {
        description: 'What a proven agent asked for; absent where they asked for nothing',
      }),
    ),
  ),
}

/** What became of a mail, and why: each step of the pairing in order. */
export const MailOutcome = Closed({ ...outcome, ticketId: Nullable(Id()) }, { $id: 'MailOutcome' })
export type MailOutcome = Static<typeof MailOutcome>

/** What would become of a mail now; nothing is stored. */
export const MailInspection = Closed({ ...outcome, mail: ParsedMail }, { $id: 'MailInspection' })
export type MailInspection = Static<typeof MailInspection>

export const InboundMailRow = Closed(
  {
    id: Id(),
    mailboxId: Id(),
    state: InboundState,
    receivedAt: Timestamp,
    mailFrom: Type.String({ description: 'Empty for the null sender' }),
    rcptTo: Type.String(),
    size: Type.Integer(),
    verdict: Nullable(Verdict),
    outcome: Nullable(Type.Unsafe<MailOutcome>(Type.Ref('MailOutcome'))),
    ticketId: Nullable(Id()),
    messageId: Nullable(Id('The message it became')),
  },
  { $id: 'InboundMail', description: 'One accepted mail for one mailbox' },
)
export type InboundMailRow = Static<typeof InboundMailRow>

/** A mail as it came over SMTP; one journal row is written for each recipient. */
export const JournalMail = Closed({
  mailFrom: Type.String({ maxLength: 1_000 }),
  rcptTo: Type.Array(Type.String({ maxLength: 1_000 }), { minItems: 1, maxItems: 100 }),
  peer: Type.String({ maxLength: 100 }),
  size: Type.Integer({ minimum: 0 }),
  content: Type.Unsafe<BlobSource>({ type: 'object' }),
  workerId: Type.Optional(Type.String({ maxLength: 64, description: 'Who reads it at once, so that it takes no job' })),
})

/** Mails that share a commit. */
export const JOURNALLED_AT_ONCE_MAX = 16
export const JournalMails = Closed({
  mails: Type.Array(JournalMail, { minItems: 1, maxItems: JOURNALLED_AT_ONCE_MAX }),
})

/** What the journal says of a mail's way here. It does not change while the mail waits. */
export const Envelope = Closed({
  mailboxId: Id(),
  mailFrom: Type.String(),
  rcptTo: Type.String(),
  peer: Type.String(),
  isReleased: Type.Boolean({ description: 'Somebody has said that a person wrote it' }),
})
export type Envelope = Static<typeof Envelope>

/** What the parser made of a journal row. */
export const FileMail = Closed({
  inboundMailId: Id(),
  envelope: Type.Optional(Envelope),
  mail: Type.Unsafe<InboundMail>({ type: 'object' }),
  contentHash: Type.String({ description: 'SHA-256 of the mail without its trace headers' }),
})

/** A mail to one recipient, in lower case, with what the parser made of it. */
export const AcceptMail = Closed({
  mailFrom: Type.String({ maxLength: 1_000 }),
  rcptTo: Type.String({ maxLength: 1_000 }),
  peer: Type.String({ maxLength: 100 }),
  content: Type.Unsafe<{ bytes: Uint8Array }>({ type: 'object' }),
  mail: Type.Unsafe<InboundMail>({ type: 'object' }),
  contentHash: Type.String({ description: 'SHA-256 of the mail without its trace headers' }),
})

export const InboundMailAct = Closed({ inboundMailId: Id() })

declare module '../../kernel/events.ts' {
  interface EventData {
    'mail.released': { inboundMailId: string }
    'mail.reprocessed': { inboundMailId: string }
    'command.refused': { inboundMailId: string; messageId: string }
    'mail.received': { inboundMailId: string; verdict: Verdict }
  }
}

declare module '../../kernel/jobs.ts' {
  interface JobData {
    'mail.parse': { inboundMailId: string }
  }
}
