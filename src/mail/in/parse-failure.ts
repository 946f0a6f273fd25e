import type { InboundMail, MailAddress, MailParseError } from '../../domain/mail/schema.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import { classify } from './classify.ts'
import { headerValue, identity, keptHeaders, readHeaderBlock } from './headers.ts'

/** Enough for every header that matters. */
export const PLAIN_HEADER_BYTES = 65_536

/**
 * What can be said of a mail that could not be parsed: its plain header lines, nothing decoded, and no body or attachments. It is
 * cheap, so that it may run where the others work. Only the first 64 KiB are looked at.
 */
export function parseFailure(raw: Uint8Array, parseError: MailParseError): InboundMail {
  const { headers: lines } = readHeaderBlock(raw.subarray(0, PLAIN_HEADER_BYTES))
  const from = plainAddresses(lines.filter(({ name }) => name === 'from').map(({ value }) => value))
  const headers = keptHeaders(lines)
  return {
    ...identity(lines),
    from: from[0] ?? null,
    replyTo: null,
    to: plainAddresses(lines.filter(({ name }) => name === 'to').map(({ value }) => value)),
    cc: [],
    subject: headerValue(lines, 'subject')?.slice(0, 1_000) || null,
    bodyText: null,
    bodyHtml: null,
    visibleText: null,
    quotedText: null,
    attachments: [],
    contents: [],
    fromCount: from.length,
    ...classify({ headers, from: from[0]?.address ?? null }),
    forward: null,
    bounce: null,
    reportedIds: [],
    parseError,
    headers,
  }
}

/** Whatever stands in angle brackets, or a whole word with an @ in it. */
function plainAddresses(values: string[]): MailAddress[] {
  const words = values.flatMap((value) => value.slice(0, 8_192).split(/[\s<>,;"()]+/, 200))
  const found = words.flatMap((word) => normaliseAddress(word) ?? [])
  return [...new Set(found)].slice(0, 50).map((address) => ({ address, name: null }))
}
