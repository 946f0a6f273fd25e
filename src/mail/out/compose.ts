import type { SendMailOptions } from 'nodemailer'
import type { MailAddress } from '../../domain/mail/schema.ts'
import { parseAddress } from '../../kernel/address.ts'

const SUBJECT_MAX = 500
const NAME_MAX = 200
const FILENAME_MAX = 200
const REFERENCES_MAX = 30

interface OutgoingAttachment {
  filename: string | null
  contentType: string
  contentId: string | null
  inline: boolean
  content: Uint8Array
}

export interface OutgoingMail {
  /** Ours, without brackets; the same at each attempt, so that a receiver can tell a repeat. */
  messageId: string
  from: MailAddress
  to: MailAddress[]
  /** The signed address that leads the answer back to the ticket. */
  replyTo: MailAddress | null
  subject: string
  /** Put into the subject as `#[number]`; null for mail that is about no ticket. */
  ticketNumber: number | null
  inReplyTo: string | null
  /** Oldest first; the root and the newest are kept. */
  references: string[]
  bodyText: string
  bodyHtml: string | null
  /** Sent by no person: says so, and leaves with the null sender, so that nothing can answer it (RFC 3834 §3). */
  automatic: boolean
  /** Tells our own mail when it comes back. */
  instanceId: string
  attachments: OutgoingAttachment[]
}

/**
 * A mail as nodemailer takes it. Nothing a user wrote can begin a header line (R32): addresses only as strictly parsed objects,
 * headers without control characters, no file or URL access, the envelope spelt out. Throws for an address that is none.
 */
export function compose(mail: OutgoingMail): SendMailOptions {
  const from = addressObject(mail.from)
  const to = mail.to.map(addressObject)
  const references = knownIds(mail.references)
  const [inReplyTo] = knownIds(mail.inReplyTo === null ? [] : [mail.inReplyTo])
  return {
    from,
    to,
    ...(mail.replyTo && { replyTo: addressObject(mail.replyTo) }),
    // a bounce comes back to the signed address, which says whose mail it was
    envelope: { from: mail.automatic ? '' : envelopeSender(mail), to: to.map(({ address }) => address) },
    messageId: `<${headerText(mail.messageId, 250).replace(/[<>\s]/g, '')}>`,
    ...(inReplyTo && { inReplyTo }),
    ...(references.length > 0 && { references }),
    subject: subjectWithTag(mail.subject, mail.ticketNumber),
    text: bodyLines(mail.bodyText),
    ...(mail.bodyHtml !== null && { html: bodyLines(mail.bodyHtml) }),
    headers: ownHeaders(mail),
    attachments: mail.attachments.map(attachment),
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

const envelopeSender = ({ replyTo, from }: OutgoingMail): string => addressObject(replyTo ?? from).address

function addressObject({ address, name }: MailAddress): { address: string; name: string } {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new TypeError('Not an address that may be written to')
  return { address: parsed.address, name: headerText(name ?? '', NAME_MAX) }
}

/** RFC 5322 §3.6.4 ids in brackets; what does not look like one is left out, the middle of a long chain too. */
function knownIds(ids: readonly string[]): string[] {
  const known = ids.map((id) => id.replace(/^<|>$/g, '')).filter((id) => /^[!-;=?-~]{1,250}$/.test(id))
  const kept = known.length <= REFERENCES_MAX ? known : [...known.slice(0, 1), ...known.slice(1 - REFERENCES_MAX)]
  return kept.map((id) => `<${id}>`)
}

function subjectWithTag(subject: string, ticketNumber: number | null): string {
  const text = headerText(subject, SUBJECT_MAX)
  if (ticketNumber === null) return text
  const untagged = text.replaceAll(`#[${ticketNumber}]`, ' ').replaceAll(`[#${ticketNumber}]`, ' ')
  return `${untagged.replace(/ +/g, ' ').trim()} #[${ticketNumber}]`.trim()
}

function ownHeaders({ automatic, inReplyTo, instanceId }: OutgoingMail): Record<string, string> {
  const instance = { 'X-Kontor-Instance': headerText(instanceId, 100) }
  if (!automatic) return instance
  return {
    ...instance,
    'Auto-Submitted': inReplyTo === null ? 'auto-generated' : 'auto-replied',
    'X-Auto-Response-Suppress': 'All',
  }
}

function attachment({ filename, contentType, contentId, inline, content }: OutgoingAttachment) {
  const cid = contentId?.replace(/[^\w.@+-]/g, '').slice(0, 200)
  return {
    filename: filename === null ? (false as const) : headerText(filename, FILENAME_MAX).replace(/[\\/]/g, '_') || false,
    contentType: /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/.test(contentType) ? contentType : 'application/octet-stream',
    contentDisposition: inline ? ('inline' as const) : ('attachment' as const),
    // Whatever it is, its line ends and its 8-bit bytes are not the relay's business.
    contentTransferEncoding: 'base64' as const,
    ...(cid && { cid }),
    content: Buffer.from(content),
  }
}

/** One header's worth of a user's text: no control characters or line separators, no encoded word that we did not make. */
function headerText(text: string, charactersMax: number): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll('=?', '= ?')
    .trim()
    .slice(0, charactersMax)
    .toWellFormed()
}

const bodyLines = (text: string) => text.replaceAll('\0', '').replace(/\r\n?/g, '\n')
