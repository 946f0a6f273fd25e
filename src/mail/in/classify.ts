import type { MailHeader, MailKind } from '../../domain/mail/schema.ts'
import { AUTO_REPLY_SUBJECT } from './report-words.ts'

export interface Automation {
  kind: MailKind
  /** May this mail be answered automatically (RFC 3834 §2)? */
  autorespond: boolean
  /** The marker that says a machine or a list sent it, or null. */
  automaticBecause: string | null
}

export interface Evidence {
  headers: readonly MailHeader[]
  /** The sender in the From header. */
  from: string | null
  /** MAIL FROM of the envelope, `''` for the null sender. Left out, Return-Path stands in for it. */
  mailFrom?: string | undefined
  subject?: string | null
  inReplyTo?: string | null
  /** What its parts or its text made it before, as far as they said anything: of a report, that it is one. */
  kind?: MailKind | null
}

/** Who speaks for a machine in the envelope. `noreply` there is common on mail that people wrote. */
const DAEMONS = /^(mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_.]?master|daemon)$/
const ROBOTS =
  /^(mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|post[-_.]?master|daemon|(mail|web)?-?bounces?|no-?reply|do-?not-?reply|donotreply|noreply[._+-].*)$/
const REPORTS: readonly MailKind[] = ['bounce', 'feedback', 'receipt']

/**
 * Whether a machine wrote this mail, what it is then, and whether one may answer it. `X-Auto-Response-Suppress` only asks not to be
 * answered: it is on mail that people wrote, too.
 */
export function classify(evidence: Evidence): Automation {
  const marker = markers.find(([, says]) => says(evidence))?.[0] ?? null
  const kind = kindOf(evidence, marker)
  const automaticBecause =
    marker ?? (kind === 'ordinary' ? null : kind === 'auto_reply' ? 'auto_reply_subject' : 'report')
  return { kind, autorespond: automaticBecause === null && !asksForSilence(evidence), automaticBecause }
}

/** Whether an address is that of a mail server itself (RFC 5321 §4.5.1). */
export function isDaemon(address: string | null | undefined): boolean {
  return is(DAEMONS, address)
}

const markers: [reason: string, says: (evidence: Evidence) => boolean][] = [
  ['own_mail', ({ headers }) => has(headers, 'x-kontor-instance')],
  ['null_sender', (evidence) => envelopeSender(evidence) === ''],
  ['auto_submitted', ({ headers }) => values(headers, 'auto-submitted').some((value) => !/^no\b/i.test(value))],
  [
    'multipart_report',
    ({ headers }) => values(headers, 'content-type').some((value) => /^multipart\/report\b/i.test(value)),
  ],
  ['autoreply_header', ({ headers }) => headers.some(isAutoreply) || headers.some(isMachineHeader)],
  ['failed_recipients', ({ headers }) => has(headers, 'x-failed-recipients')],
  ['feedback_report', ({ headers }) => has(headers, 'feedback-type')],
  ['list', ({ headers }) => headers.some(isListHeader)],
  [
    'precedence',
    ({ headers }) => precedence(headers).some((value) => /^(bulk|junk|list|auto[_-]?reply)\b/i.test(value)),
  ],
  ['robot_sender', (evidence) => is(ROBOTS, evidence.from) || isDaemon(envelopeSender(evidence))],
]

function kindOf(evidence: Evidence, marker: string | null): MailKind {
  const { headers, kind, from } = evidence
  if (marker === 'own_mail') return 'auto_generated'
  if (kind && REPORTS.includes(kind)) return kind
  const reported = reportType(headers)
  if (reported !== undefined) return reported
  if (has(headers, 'feedback-type')) return 'feedback'
  if (has(headers, 'x-failed-recipients')) return 'bounce'
  if (isDaemon(from) && envelopeSender(evidence) === '') return 'bounce'
  if (isAutoReply(evidence, marker)) return 'auto_reply'
  if (headers.some(isListHeader) || precedence(headers).some((value) => /^list\b/i.test(value))) return 'list'
  return marker === null ? 'ordinary' : 'auto_generated'
}

/** RFC 6522 §3 */
function reportType(headers: readonly MailHeader[]): MailKind | undefined {
  const type = values(headers, 'content-type').find((value) => /^multipart\/report\b/i.test(value))
  switch (/report-type\s*=\s*"?([\w-]+)/i.exec(type ?? '')?.[1]?.toLowerCase()) {
    case 'delivery-status':
      return 'bounce'
    case 'feedback-report':
      return 'feedback'
    case 'disposition-notification':
      return 'receipt'
  }
}

/** An answering machine says so; its usual subjects count where something else tells that a machine sent it, or that it answers. */
function isAutoReply(evidence: Evidence, marker: string | null): boolean {
  const { headers, inReplyTo, subject } = evidence
  if (values(headers, 'auto-submitted').some((value) => /^auto-replied\b/i.test(value))) return true
  if (headers.some(isAutoreply)) return true
  if (precedence(headers).some((value) => /^auto[_-]?reply\b/i.test(value))) return true
  if (!AUTO_REPLY_SUBJECT.test(subject?.slice(0, 300) ?? '')) return false
  return marker !== null || Boolean(inReplyTo) || asksForSilence(evidence) || answersThread(evidence)
}

const AUTOREPLY_HEADERS =
  /^(x-auto-?(reply|respond|response|responder)(-from)?|x-(mail|ag|amazon)-auto-?reply|x-vacation.*)$/

function isAutoreply({ name, value }: MailHeader): boolean {
  if (AUTOREPLY_HEADERS.test(name)) return !/^(no|false|0)\b/i.test(value)
  if (name === 'x-apple-action') return /^vacation/i.test(value)
  if (name === 'x-post-messageclass') return /autoresponder/i.test(value)
  // it also says "Mirror" and "Forward", of mail that people wrote
  return name === 'x-autogenerated' && /^reply/i.test(value)
}

const isMachineHeader = ({ name }: MailHeader) => /^(x-loop|x-autogenerated|x-fc-machinegenerated)$/.test(name)

/** Outlook names the subject of the thread: another one in front of it was put there by a rule. */
function answersThread({ headers, subject }: Evidence): boolean {
  const topic = values(headers, 'thread-topic')[0]
  return topic !== undefined && topic !== '' && subject !== topic && (subject?.endsWith(topic) ?? false)
}

const isListHeader = ({ name }: MailHeader) => /^(list-[a-z-]+|x-mailing-list)$/.test(name)

function asksForSilence({ headers }: Evidence): boolean {
  return values(headers, 'x-auto-response-suppress').some((value) => value !== '' && !/^none$/i.test(value))
}

function envelopeSender({ headers, mailFrom }: Evidence): string | undefined {
  if (mailFrom !== undefined) return mailFrom
  const path = values(headers, 'return-path')[0]
  return path === undefined ? undefined : path.replace(/^<?\s*|\s*>?$/g, '')
}

function is(role: RegExp, address: string | null | undefined): boolean {
  return role.test((address ?? '').split('@', 1)[0]?.toLowerCase() ?? '')
}

const precedence = (headers: readonly MailHeader[]) =>
  ['precedence', 'x-precedence', 'preference'].flatMap((name) => values(headers, name))
const has = (headers: readonly MailHeader[], name: string) => headers.some((header) => header.name === name)
const values = (headers: readonly MailHeader[], name: string) =>
  headers.filter((header) => header.name === name).map(({ value }) => value)
