import { type Static, Type } from 'typebox'
import type { BlobSource } from '../../kernel/blobs.ts'
import { Nullable } from '../../kernel/schema.ts'

export const MailAddress = Type.Object({
  address: Type.String({ description: 'Bare addr-spec; the domain in lower case and punycode.' }),
  name: Nullable(Type.String()),
})
export type MailAddress = Static<typeof MailAddress>

export const MailAttachment = Type.Object({
  filename: Nullable(Type.String()),
  contentType: Type.String(),
  size: Type.Integer({ minimum: 0 }),
  contentId: Nullable(Type.String({ description: 'Without angle brackets; what a `cid:` link names.' })),
  inline: Type.Boolean({ description: 'Part of the body: shown there, or named by its HTML.' }),
})
export type MailAttachment = Static<typeof MailAttachment>

export const ParsedMail = Type.Object({
  messageId: Nullable(Type.String({ description: 'Without angle brackets, like all message ids.' })),
  inReplyTo: Nullable(Type.String()),
  references: Type.Array(Type.String(), { description: 'Oldest first.' }),
  date: Nullable(Type.String({ description: 'RFC 3339, UTC, milliseconds; null when absent or unreadable.' })),
  from: Nullable(MailAddress),
  replyTo: Nullable(MailAddress),
  to: Type.Array(MailAddress),
  cc: Type.Array(MailAddress),
  subject: Nullable(Type.String()),
  bodyText: Nullable(Type.String({ description: 'The whole text, quotes included.' })),
  bodyHtml: Nullable(Type.String({ description: 'Sanitised.' })),
  visibleText: Nullable(Type.String({ description: 'The reply alone; the whole text where nothing would be left.' })),
  quotedText: Nullable(Type.String()),
  attachments: Type.Array(MailAttachment),
})
export type ParsedMail = Static<typeof ParsedMail>

/** What a mail is, by its own marks (RFC 3834, 3464, 5965, 8098). Only the first two are anybody's words to us. */
export type MailKind = 'ordinary' | 'auto_generated' | 'list' | 'auto_reply' | 'bounce' | 'feedback' | 'receipt'

/** A mail that was handed on: who wrote the original, and what was written above it. */
export const MailForward = Type.Object({
  from: Nullable(MailAddress),
  subject: Nullable(Type.String()),
  message: Nullable(Type.String({ description: 'What the forwarder wrote above it.' })),
  body: Nullable(Type.String({ description: 'The original text.' })),
})
export type MailForward = Static<typeof MailForward>

/** What a delivery status says (RFC 3464), or what could be read where there is none. */
export const MailBounce = Type.Object({
  status: Nullable(Type.String({ description: 'RFC 3463, e.g. 5.1.1' })),
  hard: Type.Boolean({ description: 'For good: the address is not written to again' }),
  recipient: Nullable(Type.String({ description: 'The address that failed' })),
})
export type MailBounce = Static<typeof MailBounce>

/** A header as it was received: name in lower case, folds undone, encoded words left alone. */
export interface MailHeader {
  name: string
  value: string
}

/** Why a mail could not be read; null when it could. */
export type MailParseError =
  | 'headers_too_large'
  | 'mime_too_complex'
  | 'parse_failed'
  | 'parse_time_exceeded'
  | 'parse_memory_exceeded'

/** What the parser makes of one raw mail: a plain value that crosses the thread border as it is. */
export interface InboundMail extends ParsedMail {
  /** How many senders the From headers name. Identity needs exactly one: none or several prove nothing. */
  fromCount: number
  /** What it is, by its headers, its report and, where it is known, its envelope. */
  kind: MailKind
  forward: MailForward | null
  bounce: MailBounce | null
  /** Message-IDs of the mail that a bounce, receipt or abuse report is about, as far as it names or holds it. */
  reportedIds: string[]
  /** May an automatic answer be sent, as far as the headers tell? The envelope may still forbid it (`classify`). */
  autorespond: boolean
  /** The marker that says a machine wrote this, or null. */
  automaticBecause: string | null
  parseError: MailParseError | null
  /** One for each attachment, in the same order. */
  contents: BlobSource[]
  /** The few that later steps ask for: trace, automation and authentication. */
  headers: MailHeader[]
}
