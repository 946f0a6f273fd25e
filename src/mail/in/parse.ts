import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { sanitiseHtml } from '../../domain/conversations/html.ts'
import type { InboundMail, MailAddress, MailAttachment, MailHeader } from '../../domain/mail/schema.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import type { BlobSource } from '../../kernel/blobs.ts'
import { readBody } from './body.ts'
import { closeForgotten, createBoundaryCloser } from './boundaries.ts'
import { tidyText } from './charset.ts'
import { classify } from './classify.ts'
import { bareSubject, isForwardSubject, readForward } from './forwards.ts'
import { HEADER_LIMITS, type HeaderBlock, identity, keptHeaders, readHeaderBlock } from './headers.ts'
import { parseFailure } from './parse-failure.ts'
import { type DecodedHeaders, type Part, readParts, readPlain } from './parts.ts'
import { withoutBorders } from './quote-borders.ts'
import { splitQuotes } from './quotes.ts'
import { readReport } from './reports.ts'

const ADDRESSES_MAX = 500
const NAME_CHARACTERS_MAX = 256
const SUBJECT_CHARACTERS_MAX = 1_000

/**
 * A raw mail as a plain value (RFC 5322, 2045–2049, 2183, 3676). It never rejects for the mail's sake: what cannot be parsed comes
 * back with `parseError` and what its plain header lines say.
 */
export async function parseMail(raw: Uint8Array): Promise<InboundMail> {
  return withForward(await parseBytes(raw))
}

/** The same for a large mail, the file `raw` in a folder: it is never in memory as a whole. Its large parts become files beside it. */
export async function parseMailFolder(folder: string): Promise<InboundMail> {
  return withForward(await parseFile(join(folder, 'raw'), folder), folder)
}

/** A mail that is attached in order to hand it on is read as well, for its sender and what it says. */
async function withForward(mail: InboundMail, folder?: string): Promise<InboundMail> {
  const attached = attachedMail(mail)
  if (attached === null) return mail
  const reading = 'path' in attached ? parseFile(attached.path, folder) : parseBytes(attached.bytes)
  const { from, subject, bodyText } = await reading
  if (from === null) return mail
  return {
    ...mail,
    forward: { from, subject: subject ?? bareSubject(mail.subject), message: mail.bodyText, body: bodyText },
  }
}

/** The one mail that is attached to another in order to hand it on: not to a report, and not to an answer. */
function attachedMail({ kind, forward, inReplyTo, subject, attachments, contents }: InboundMail): BlobSource | null {
  const mails = attachments.flatMap(({ contentType }, at) => (contentType === 'message/rfc822' ? [contents[at]] : []))
  const [only] = mails
  if (only === undefined || mails.length > 1 || forward !== null) return null
  if (kind === 'bounce' || kind === 'feedback' || kind === 'receipt') return null
  return inReplyTo === null || isForwardSubject(subject, '') ? only : null
}

const parseBytes = (raw: Uint8Array): Promise<InboundMail> =>
  parse(raw, (message, block) => {
    const whole = readable(message, block)
    if (whole.length <= PLAIN_BYTES_MAX && isPlain(block)) {
      const end = whole.length - (message.length - block.end)
      return readPlain(whole.subarray(0, end), whole.subarray(end))
    }
    return readParts(isMultipart(block) ? closeForgotten(whole) : whole)
  })

/** A larger one is read piece by piece: so it runs out of memory before any single step asks for more than there is. */
const PLAIN_BYTES_MAX = 65_536

const isMultipart = ({ headers }: HeaderBlock): boolean =>
  headers.some(({ name, value }) => name === 'content-type' && /multipart/i.test(value))

/** Nothing says that its body is anything but one text, or written in any other way than as it stands (RFC 2045 §5.2, §6.1). */
function isPlain({ headers, end }: HeaderBlock): boolean {
  const said = headers.filter(({ name }) => name.startsWith('content-'))
  const isOnce = new Set(said.map(({ name }) => name)).size === said.length
  return end > 0 && isOnce && said.every(({ name, value }) => AS_IT_STANDS[name]?.test(value))
}

const AS_IT_STANDS: Readonly<Record<string, RegExp>> = {
  'content-type': /^text\/(?:plain|html)\s*(?:;|$)/i,
  'content-transfer-encoding': /^(?:7bit|8bit|binary)$/i,
  'content-language': /^/,
  'content-length': /^/,
}

/** Large parts become files in the folder; without one they are kept in memory. */
async function parseFile(path: string, folder?: string): Promise<InboundMail> {
  const file = await open(path)
  try {
    const start = Buffer.alloc(START_BYTES)
    const { bytesRead } = await file.read(start, 0, START_BYTES, 0)
    const rest = file.createReadStream({ start: bytesRead, highWaterMark: CHUNK_BYTES, autoClose: false })
    return await parse(start.subarray(0, bytesRead), (message, block) =>
      readParts(closedChunks(readable(message, block), rest), folder),
    )
  } finally {
    await file.close()
  }
}

/** More than any header block that is read. */
const START_BYTES = HEADER_LIMITS.bytesMax + 65_536
const CHUNK_BYTES = 262_144

type Reading = (message: Uint8Array, block: HeaderBlock) => ReturnType<typeof readParts>

/** `start` holds the header block, as far as it is within the limits. */
async function parse(start: Uint8Array, read: Reading): Promise<InboundMail> {
  const message = withoutEnvelopeLine(start)
  const block = readHeaderBlock(message)
  if (!block.withinLimits) return parseFailure(start, 'headers_too_large')
  try {
    const { root, headers } = await read(message, block)
    return mailFrom(block.headers, headers, root)
  } catch (error) {
    return parseFailure(start, isLimit(error) ? 'mime_too_complex' : 'parse_failed')
  }
}

async function* closedChunks(start: Uint8Array, rest: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const closer = createBoundaryCloser()
  yield* closer.push(Buffer.from(start.buffer, start.byteOffset, start.length))
  for await (const chunk of rest) yield* closer.push(chunk)
  yield* closer.end()
}

function mailFrom(lines: MailHeader[], decoded: DecodedHeaders, root: Part): InboundMail {
  const { text: bordered, html, attached } = readBody(root)
  const text = bordered === null ? null : withoutBorders(bordered).trim() || null
  const senders = lines.filter(({ name }) => name === 'from').length
  const from = addresses(decoded.get('from'))
  const headers = keptHeaders(lines)
  const subject = subjectFrom(decoded.get('subject'))
  const sender = from[0]?.address ?? null
  const place = identity(lines)
  const report = readReport({ root, lines, text: text ?? '', subject, from: sender })
  const isReport = report.kind !== null
  return {
    ...place,
    from: from[0] ?? null,
    replyTo: addresses(decoded.get('reply-to'))[0] ?? null,
    to: addresses(decoded.get('to')),
    cc: addresses(decoded.get('cc')),
    subject,
    bodyText: text,
    bodyHtml: (html && sanitiseHtml(tidyText(html))) || null,
    ...splitQuotes(bordered ?? ''),
    attachments: attached.map((part) => attachmentFrom(part, html ?? '')),
    contents: attached.map(({ source }) => source),
    fromCount: senders > 1 ? senders : from.length,
    ...classify({ headers, from: sender, subject, inReplyTo: place.inReplyTo, kind: report.kind }),
    forward: text === null || isReport ? null : readForward(text, subject),
    bounce: report.bounce,
    reportedIds: report.reportedIds,
    parseError: null,
    headers,
  }
}

/** Mailparser's address objects, groups opened, without what is no address and without repeats. */
function addresses(value: unknown): MailAddress[] {
  const found = new Map<string, MailAddress>()
  for (const { written, name } of mailboxes(value)) {
    const address = normaliseAddress(written)
    if (address !== undefined && !found.has(address)) found.set(address, { address, name: displayName(name) })
    if (found.size >= ADDRESSES_MAX) break
  }
  return [...found.values()]
}

function* mailboxes(entry: unknown): Generator<{ written: string; name: unknown }> {
  if (Array.isArray(entry)) for (const one of entry) yield* mailboxes(one)
  else if (typeof entry !== 'object' || entry === null) return
  else if ('value' in entry) yield* mailboxes(entry.value)
  else if ('group' in entry) yield* mailboxes(entry.group)
  else if ('address' in entry && typeof entry.address === 'string') {
    yield { written: entry.address, name: 'name' in entry ? entry.name : null }
  }
}

function displayName(name: unknown): string | null {
  return typeof name === 'string' ? oneLine(name).slice(0, NAME_CHARACTERS_MAX).toWellFormed() || null : null
}

function subjectFrom(value: unknown): string | null {
  return typeof value === 'string' ? oneLine(value).slice(0, SUBJECT_CHARACTERS_MAX).toWellFormed() || null : null
}

function attachmentFrom(part: Part, html: string): MailAttachment {
  const { filename, contentType, contentId } = part
  const isShown = contentId !== null && html.includes(`cid:${contentId}`)
  return {
    filename: filename === null ? null : oneLine(filename).slice(0, 255).toWellFormed() || null,
    contentType,
    size: part.size,
    contentId,
    inline: isShown || (part.disposition === 'inline' && contentType.startsWith('image/')),
  }
}

/** One line without control characters, as a list shows it. */
const oneLine = (text: string) =>
  tidyText(text)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()

/** An mbox separator is no header, and blank lines in front would end the block before it began. */
function withoutEnvelopeLine(raw: Uint8Array): Uint8Array {
  let at = 0
  while (raw[at] === 0x0a || raw[at] === 0x0d) at++
  const isMbox =
    Buffer.from(raw.buffer, raw.byteOffset + at, Math.min(5, raw.length - at)).toString('latin1') === 'From '
  const end = isMbox ? raw.indexOf(0x0a, at) + 1 : 0
  return raw.subarray(Math.max(at, end))
}

/**
 * What mailparser can read. Raw 8-bit headers should be UTF-8 by now (RFC 6532), but not all are: it would replace their letters. And
 * a mail that begins with no header at all is all body.
 */
function readable(message: Uint8Array, { headers, end }: HeaderBlock): Uint8Array {
  if (headers.length === 0) return Buffer.concat([Buffer.from('\r\n'), message])
  const head = message.subarray(0, end)
  if (isUtf8(head)) return message
  return Buffer.concat([Buffer.from(new TextDecoder('windows-1252').decode(head)), message.subarray(end)])
}

const isLimit = (error: unknown) =>
  error instanceof Error && (error.message === 'too deep' || ('code' in error && error.code === 'EMAXLEN'))
