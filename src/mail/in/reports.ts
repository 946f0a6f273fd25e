import type { MailBounce, MailHeader } from '../../domain/mail/schema.ts'
import { statusBounce, textBounce } from './bounces.ts'
import { decodeText } from './charset.ts'
import { isDaemon } from './classify.ts'
import { headerValue, identity, readHeaderBlock } from './headers.ts'
import type { Part } from './parts.ts'
import { BOUNCE_SUBJECT } from './report-words.ts'

const IDS_MAX = 20
const PARTS_MAX = 1_000
const TEXT_CHARACTERS_MAX = 262_144
/** A report is short; see `body.ts` for why no more becomes a string. */
const REPORT_BYTES_MAX = 1_048_576

/** What a mail reports, by its own parts or words: a failed delivery, a complaint, or that it was read. */
export interface Report {
  kind: 'bounce' | 'feedback' | 'receipt' | null
  bounce: MailBounce | null
  /** Message-IDs of the mail it is about, the nearest first; empty where it reports nothing. */
  reportedIds: string[]
}

interface Reporting {
  root: Part
  /** All headers of the mail. */
  lines: readonly MailHeader[]
  text: string
  subject: string | null
  from: string | null
}

/** Reads delivery reports (RFC 3464, and servers that never heard of it), complaints (RFC 5965) and receipts (RFC 8098). */
export function readReport(mail: Reporting): Report {
  const parts = flat(mail.root)
  const found = standardReport(mail, parts) ?? spokenReport(mail)
  return found === null
    ? { kind: null, bounce: null, reportedIds: [] }
    : { ...found, reportedIds: reportedIds(mail, parts) }
}

/** A bounce that does not say whose mail failed, or why. */
const UNCLEAR: MailBounce = { status: null, hard: false, recipient: null }

type Found = Pick<Report, 'kind' | 'bounce'>

/** By the media types of its parts. */
function standardReport(mail: Reporting, parts: readonly Part[]): Found | null {
  const { lines, text } = mail
  const type = /report-type\s*=\s*"?([\w-]+)/i.exec(headerValue(lines, 'content-type') ?? '')?.[1]?.toLowerCase()
  const has = (name: string) => parts.some(({ contentType }) => contentType === name)
  if (type === 'feedback-report' || has('message/feedback-report') || headerValue(lines, 'feedback-type') !== undefined)
    return { kind: 'feedback', bounce: null }
  if (type === 'disposition-notification' || has('message/disposition-notification'))
    return { kind: 'receipt', bounce: null }

  const status = parts.find(({ contentType }) => /^message\/(?:global-)?delivery-status$/.test(contentType))
  // people hand on reports, too, and then say so themselves
  if (type !== 'delivery-status' && (status === undefined || !isFromServer(mail))) return null
  const said = status && statusBounce(reportText(status), text)
  if (!said)
    return { kind: 'bounce', bounce: textBounce(text, headerValue(lines, 'x-failed-recipients') ?? null) ?? UNCLEAR }
  const { action, ...bounce } = said
  // "delivered" was asked for, and is no failure
  return /^(?:delivered|relayed|expanded)$/.test(action)
    ? { kind: 'receipt', bounce: null }
    : { kind: 'bounce', bounce }
}

/** By the words of servers that send plain text: only a daemon's, or under a subject that no person writes. */
function spokenReport(mail: Reporting): Found | null {
  const { lines, text, subject, from } = mail
  const failed = headerValue(lines, 'x-failed-recipients') ?? null
  if (failed !== null) return { kind: 'bounce', bounce: textBounce(text, failed) ?? UNCLEAR }
  if (
    /^complaint about message from /i.test(subject ?? '') &&
    headerValue(lines, 'x-hmxmroriginalrecipient') !== undefined
  )
    return { kind: 'feedback', bounce: null }

  const isDaemons = isDaemon(from) || isDaemon(returnPath(lines))
  if (!isDaemons && !isFromNull(lines)) return null
  const bounce = textBounce(text, null)
  const isNamed = BOUNCE_SUBJECT.test(subject ?? '')
  const isSaid = isDaemons ? isNamed || bounce !== null || isFromNull(lines) : isNamed && bounce !== null
  return isSaid ? { kind: 'bounce', bounce: bounce ?? UNCLEAR } : null
}

const isFromServer = ({ lines, from }: Reporting): boolean =>
  isDaemon(from) ||
  isDaemon(returnPath(lines)) ||
  isFromNull(lines) ||
  /^auto-(?:replied|generated)/i.test(headerValue(lines, 'auto-submitted') ?? '')

const returnPath = (lines: readonly MailHeader[]) => headerValue(lines, 'return-path')?.replace(/[<>\s]/g, '')
const isFromNull = (lines: readonly MailHeader[]) => returnPath(lines) === ''

/** The mail within the report, then what its text quotes, then what the report answers, then what the reported mail answered. */
function reportedIds({ lines, text }: Reporting, parts: readonly Part[]): string[] {
  const originals = parts
    .filter(({ contentType }) =>
      /^(?:message\/(?:rfc822|global|rfc822-headers|global-headers|partial)|text\/rfc822(?:-headers)?)$/.test(
        contentType,
      ),
    )
    .slice(0, 5)
    .map(({ content }) => identity(readHeaderBlock(content).headers))
  const fields = parts
    .filter(({ contentType }) =>
      /^message\/(?:global-)?(?:delivery-status|disposition-notification|feedback-report)$/.test(contentType),
    )
    .slice(0, 5)
    .map(reportText)
  const own = identity(lines)
  const earlier = (one: typeof own) => [one.inReplyTo, ...one.references.toReversed()]
  const ids = [
    ...originals.map(({ messageId }) => messageId),
    ...[...fields, text].flatMap(writtenIds),
    ...earlier(own),
    ...originals.flatMap(earlier),
  ]
  return [...new Set(ids.filter((id) => id !== null && id !== own.messageId) as string[])].slice(0, IDS_MAX)
}

const reportText = ({ content, charset }: Part): string => decodeText(content.subarray(0, REPORT_BYTES_MAX), charset)

/** `Message-ID: <…>` at the start of a line, also as `Original-Message-ID` (RFC 8098 §3.2.5) and behind quote marks. */
function writtenIds(text: string): string[] {
  const found = text
    .slice(0, TEXT_CHARACTERS_MAX)
    .matchAll(/^[ \t>]{0,20}(?:x-)?(?:original-)?message[- ]?id:[ \t]{0,20}<([^<>\s]{1,998})>/gim)
  return [...found].slice(0, IDS_MAX).map(([, id = '']) => id)
}

function flat(root: Part): Part[] {
  const parts: Part[] = []
  const waiting = [root]
  for (let part = waiting.shift(); part !== undefined && parts.length < PARTS_MAX; part = waiting.shift()) {
    parts.push(part)
    waiting.unshift(...part.children)
  }
  return parts
}
