import type { MailBounce } from '../../domain/mail/schema.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import { COPY_BELOW, PASSING_FAULT, UNKNOWN_ADDRESS } from './report-words.ts'

const CHARACTERS_MAX = 65_536
const RECIPIENTS_MAX = 200
const LINES_MAX = 300

/** What a delivery status says of one recipient, and whether it is a failure at all. */
export interface RecipientStatus extends MailBounce {
  /** RFC 3464 §2.3.3: failed, delayed, delivered, relayed or expanded. */
  action: string
}

/**
 * What a message/delivery-status says (RFC 3464): of several recipients the one that failed for good. `text` is what the report says
 * to people; many servers put only there why.
 */
export function statusBounce(deliveryStatus: string, text: string): RecipientStatus | null {
  const groups = fieldGroups(deliveryStatus.slice(0, CHARACTERS_MAX)).filter(
    (fields) => fields.has('action') || fields.has('status') || fields.has('final-recipient'),
  )
  const found = groups.slice(0, RECIPIENTS_MAX).map((fields) => recipientStatus(fields, text))
  return found.find(({ hard }) => hard) ?? found.find(({ action }) => action === 'failed') ?? found[0] ?? null
}

/** What a report without a delivery status says in words; `failed` are the addresses that its headers name. */
export function textBounce(text: string, failed: string | null): MailBounce | null {
  const said = spoken(text)
  const recipient = knownAddress(failed ?? '') ?? failedRecipient(said)
  const status = statusIn(said.join('\n'))
  if (recipient === null && status === null) return null
  return { status, hard: isHard(status, said.join('\n')), recipient }
}

/**
 * Whether the address is not to be written to again: it does not exist, or its domain does not. A full mailbox, a policy and
 * whatever else may pass say nothing about the address (RFC 3463 §3).
 */
export function isHard(status: string | null, diagnostic: string): boolean {
  if (status !== null && !status.startsWith('5.')) return false
  if (/^5\.1\.(?:[0-6]|10)$/.test(status ?? '')) return !/full|quota/i.test(diagnostic)
  if (status === '5.4.4') return true
  if (/^5\.(?:1\.[789]|2\.[234]|3\.4|4\.[567])$/.test(status ?? '')) return false
  if (!UNKNOWN_ADDRESS.test(diagnostic)) return false
  // a policy is stated together with the address it protects
  return !PASSING_FAULT.test(diagnostic.replace(/<[^<>]{0,320}>/g, '')) || /user unknown|no such user/i.test(diagnostic)
}

function recipientStatus(fields: ReadonlyMap<string, string>, text: string): RecipientStatus {
  const action = /^[a-z]+/i.exec(fields.get('action') ?? '')?.[0]?.toLowerCase() ?? 'failed'
  const recipient =
    knownAddress(fields.get('final-recipient') ?? '') ??
    knownAddress(fields.get('original-recipient') ?? '') ??
    knownAddress(fields.get('x-actual-recipient') ?? '')
  const diagnostic = fields.get('diagnostic-code') ?? ''
  const stated = /[245]\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0] ?? null
  const said = spoken(text)
  const about = aboutRecipient(said, recipient)
  const isVague = stated === null || /^\d\.0\.0$/.test(stated)
  const status = isVague ? (detailIn(diagnostic) ?? detailIn(about) ?? stated ?? statusIn(diagnostic)) : stated
  const why = diagnostic === '' ? about : diagnostic
  return { status, hard: action === 'failed' && isHard(status, why), recipient, action }
}

/** Groups of fields, parted by empty lines (RFC 3464 §2.1). Folded lines belong to the one before. */
function fieldGroups(text: string): Map<string, string>[] {
  return text.split(/\r?\n[ \t]*\r?\n/, RECIPIENTS_MAX + 1).map((group) => {
    const lines = group.split(/\r?\n(?![ \t])/, 100)
    return new Map(
      lines.flatMap((line) => {
        const colon = line.indexOf(':')
        const value = line
          .slice(colon + 1, colon + 4_000)
          .replace(/\s+/g, ' ')
          .trim()
        return colon < 1 ? [] : [[line.slice(0, colon).trim().toLowerCase(), value] as const]
      }),
    )
  })
}

/** What the report itself says: the lines above the mail that it shows. */
function spoken(text: string): string[] {
  const lines = text
    .slice(0, CHARACTERS_MAX)
    .split('\n', LINES_MAX)
    .map((line) => line.slice(0, 1_000))
  const copy = lines.findIndex((line, at) => at > 0 && COPY_BELOW.test(line))
  return copy === -1 ? lines : lines.slice(0, copy)
}

/** What is said from the recipient's address on, until the next empty line or recipient. */
function aboutRecipient(said: readonly string[], recipient: string | null): string {
  const at = recipient === null ? -1 : said.findIndex((line) => line.toLowerCase().includes(recipient))
  if (at === -1) return said.slice(0, 60).join('\n')
  const lines = said.slice(at, at + 8)
  const end = lines.findIndex((line, index) => index > 0 && (line.trim() === '' || OWN_LINE.test(line)))
  return (end === -1 ? lines : lines.slice(0, end)).join('\n')
}

/** An address that stands for itself: "<a@b.test>:". */
const OWN_LINE =
  /^[\s*-]{0,20}(?:to:\s*)?["'<]{0,2}(?:mailto:)?[^\s<>@"']{1,64}@[^\s<>@"':,;]{1,255}["'>]{0,2}(?:\s*[:;,(]|\s*$|\s+on )/i

/** The address in the line that stands for itself ("<a@b.test>:"), else the first after words of failure. */
function failedRecipient(said: readonly string[]): string | null {
  const own = said.find((line) => OWN_LINE.test(line))
  const found =
    own ??
    said.find(
      (line) =>
        line.includes('@') && (UNKNOWN_ADDRESS.test(line) || /fail|deliver|recipient|zugestellt|address/i.test(line)),
    )
  return found === undefined ? null : knownAddress(found)
}

function knownAddress(written: string): string | null {
  const found = /(?:^|[\s<;:"'([])([^\s<>()[\]"',;:]{1,64}@[^\s<>()[\]"',;:]{1,255})/.exec(written.slice(0, 2_000))?.[1]
  return normaliseAddress(found?.replace(/^mailto:|[.]+$/gi, '') ?? '') ?? null
}

/** An enhanced status code that says more than its class (RFC 3463). */
function detailIn(text: string): string | null {
  const all = text.match(/(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]\d|\d)/g) ?? []
  return all.find((code) => !/\.0\.0$/.test(code)) ?? null
}

/** The status in a text; of a plain SMTP reply only the class is known (RFC 5321 §4.2.1). */
function statusIn(text: string): string | null {
  const detail = detailIn(text)
  if (detail !== null) return detail
  const reply = /(?:^|[\s#:(<])([45])\d\d(?=[\s:>-])/m.exec(text)?.[1]
  if (reply !== undefined) return `${reply}.0.0`
  if (/delayed|still being retried|will (?:be retried|keep trying|continue)|temporar/i.test(text)) return '4.0.0'
  return UNKNOWN_ADDRESS.test(text) || /permanent|fatal|failed/i.test(text) ? '5.0.0' : null
}
