import type { MailHeader } from '../../domain/mail/schema.ts'
import { decodeText } from './charset.ts'

/** R30: beyond either, a mail is not parsed. */
export const HEADER_LIMITS = { bytesMax: 262_144, countMax: 1_000 } as const
const VALUE_CHARACTERS_MAX = 8_192
const REFERENCES_MAX = 200
const MESSAGE_ID_MAX = 998

const LF = 0x0a
const CR = 0x0d

export interface HeaderBlock {
  headers: MailHeader[]
  /** Where the body begins: at once where there is no header, at the end where there is no body. */
  end: number
  withinLimits: boolean
}

/** The header block of a raw mail, by the plain rules: one header a line, folds undone. It never raises, and is linear. */
export function readHeaderBlock(raw: Uint8Array): HeaderBlock {
  const end = headerEnd(raw)
  const text = decodeText(raw.subarray(0, Math.min(end, HEADER_LIMITS.bytesMax)), null)
  // RFC 5322 §2.2.3: a line that begins with white space continues the one before it.
  const lines = text.split(/\r?\n(?![ \t])/, HEADER_LIMITS.countMax + 2).filter((line) => line !== '')
  const headers = lines.flatMap((line) => parseLine(line) ?? [])
  if (headers.length === 0) return { headers, end: 0, withinLimits: true }
  return { headers, end, withinLimits: end <= HEADER_LIMITS.bytesMax && lines.length <= HEADER_LIMITS.countMax }
}

/** The first header of that name. */
export function headerValue(headers: readonly MailHeader[], name: string): string | undefined {
  return headers.find((header) => header.name === name)?.value
}

/** What the plain lines say of a mail's place in the world. */
export function identity(headers: readonly MailHeader[]) {
  return {
    messageId: ownMessageId(headerValue(headers, 'message-id')),
    inReplyTo: messageIds(headerValue(headers, 'in-reply-to'))[0] ?? null,
    references: messageIds(headerValue(headers, 'references')),
    date: mailDate(headerValue(headers, 'date')),
  }
}

/** The ids between angle brackets, in order, without repeats; bare ones where a client forgot the brackets. */
function messageIds(value: string | undefined): string[] {
  if (value === undefined) return []
  const bracketed = [...value.matchAll(/<([^<>]{1,998})>/g)].map(([, id = '']) => id.replace(/\s+/g, ''))
  const found = bracketed.length > 0 ? bracketed : value.split(/[\s,<>]+/).filter((word) => word.includes('@'))
  const ids = [...new Set(found)].filter((id) => id !== '' && Buffer.byteLength(id) <= MESSAGE_ID_MAX)
  // RFC 5322 §3.6.4 lets a chain grow for ever; its root and its newest links tell the thread.
  return ids.length <= REFERENCES_MAX ? ids : [...ids.slice(0, 1), ...ids.slice(1 - REFERENCES_MAX)]
}

/** A mail's own id: the one in brackets, else the whole value, since it only has to be the same again in a reply. */
function ownMessageId(value: string | undefined): string | null {
  const bare = value?.replace(/[\s<>]+/g, '') ?? ''
  // 8-bit ids are longer as they are kept than as they are counted
  return messageIds(value)[0] ?? (bare !== '' && Buffer.byteLength(bare) <= MESSAGE_ID_MAX ? bare : null)
}

/** RFC 5322 §3.3, also in its obsolete forms, as RFC 3339 in UTC; null for what is no date of this age. */
function mailDate(value: string | undefined): string | null {
  const written = value
    ?.slice(0, 200)
    .replace(/\([^()]*\)/g, ' ')
    .trim()
  if (!written) return null
  const time = new Date(written)
  const year = time.getUTCFullYear()
  return year >= 1970 && year <= 9999 ? time.toISOString() : null
}

function parseLine(line: string): MailHeader | undefined {
  const match = /^([!-9;-~]{1,128})[ \t]*:/.exec(line)
  if (match === null) return undefined
  const value = line
    .slice(match[0].length, match[0].length + HEADER_LIMITS.bytesMax)
    .replace(/\r?\n[ \t]*/g, ' ')
    .trim()
  return { name: (match[1] ?? '').toLowerCase(), value }
}

/** Only these travel on, shortened: what threading, classification, authentication and the trace look at. */
export function keptHeaders(headers: readonly MailHeader[]): MailHeader[] {
  return headers
    .filter(({ name }) => KEPT.test(name))
    .slice(0, 60)
    .map(({ name, value }) => ({ name, value: value.slice(0, VALUE_CHARACTERS_MAX) }))
}

// biome-ignore format: one expression, by groups
const KEPT = new RegExp(`^(${[
  'auto-submitted', 'precedence', 'list-[a-z-]+', 'x-auto[a-z-]*', 'x-kontor-[a-z-]+', 'x-loop', 'x-failed-recipients',
  'feedback-type', 'content-type', 'return-path', 'delivered-to', 'x-original-to', 'sender', 'x-mailer', 'user-agent',
  'authentication-results', 'arc-authentication-results', 'received-spf', 'x-spam-flag', 'x-spam-status', 'importance',
  'thread-index', 'thread-topic', 'disposition-notification-to', 'x-vacation[a-z-]*', 'x-autorespond', 'x-mailing-list',
  'x-ms-exchange-generated-message-source', 'x-ms-exchange-inbox-rules-loop', 'x-facebook-notify', 'x-feedback-[a-z]+',
  'x-precedence', 'preference', 'x-apple-action', 'x-post-messageclass', 'x-(?:mail|ag|amazon)-auto-?reply', 'x-fc-machinegenerated',
].join('|')})$`)

function headerEnd(raw: Uint8Array): number {
  for (let at = raw.indexOf(LF); at !== -1; at = raw.indexOf(LF, at + 1)) {
    if (raw[at + 1] === LF) return at + 2
    if (raw[at + 1] === CR && raw[at + 2] === LF) return at + 3
  }
  return raw.length
}
