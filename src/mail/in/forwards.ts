import type { MailAddress, MailForward } from '../../domain/mail/schema.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import { attributionAt } from './attributions.ts'
import { isBlank, linesOf, withoutMarks } from './lines.ts'
import { fieldNamed, type QuotedHeaders, readQuotedHeaders, unquoted } from './quote-headers.ts'
import { markerAt, skipBlank } from './quote-markers.ts'
import { FORWARD_PREFIXES, HEADER_LABELS, REPLY_PREFIXES } from './quote-words.ts'
import { isRule } from './signatures.ts'

/** A forwarder's own words are few: behind so many lines no forwarded mail is looked for. */
const LINES_MAX = 2_000
const NAME_CHARACTERS_MAX = 256
const PREFIXES_MAX = 10

const FORWARD_PREFIX = prefix(FORWARD_PREFIXES)
const ANY_PREFIX = prefix([...FORWARD_PREFIXES, ...REPLY_PREFIXES])
/** "VS" says forward in Norwegian and Danish, and answer in Finnish. */
const FINNISH = /^[\s>*]*(?:lähettäjä|lähetetty|vastaanottaja|aihe)\s*:/imu

/**
 * The mail that a text hands on. A client's words for it are enough; a bare header block, as Outlook writes above every quote, needs
 * a subject that says so. An answer that quotes is no forward.
 */
export function readForward(text: string, subject: string | null): MailForward | null {
  const lines = linesOf(text)
  const isNamed = isForwardSubject(subject, text)
  // no subject says so: then only a client's own words do, and most mails have none
  if (!isNamed && !lines.slice(0, LINES_MAX).some((_, at) => markerAt(lines, at)?.kind === 'forward')) return null
  for (let at = 0; at < Math.min(lines.length, LINES_MAX); at++) {
    if (isBlank(lines[at] ?? '')) continue
    const found = forwardAt(lines, at, isNamed)
    if (found === 'answer') return null
    if (found !== null) return forwardFrom(found, above(lines, at), subject)
  }
  return null
}

/** Whether a subject says that a mail is handed on. */
export function isForwardSubject(subject: string | null, text: string): boolean {
  const found = FORWARD_PREFIX.exec(subject ?? '')
  return found !== null && !(/^\s*vs/i.test(subject ?? '') && FINNISH.test(text.slice(0, 20_000)))
}

/** A subject without the prefixes of forwards and answers. */
export function bareSubject(subject: string | null): string | null {
  let bare = subject ?? ''
  for (let count = 0; count < PREFIXES_MAX && ANY_PREFIX.test(bare); count++) bare = bare.replace(ANY_PREFIX, '')
  return bare.trim() || null
}

interface Forwarded {
  from: MailAddress | null
  subject: string | null
  body: string
}

/** What is forwarded from that line on; `answer` where that line begins the quote of an answer. */
function forwardAt(lines: readonly string[], at: number, isNamed: boolean): Forwarded | 'answer' | null {
  const marker = markerAt(lines, at)
  if (marker !== null) {
    if (marker.kind === 'original' && !isNamed) return 'answer'
    const inline = marker.rest === '' ? null : inlineHeaders(marker.rest)
    if (inline !== null) return fromHeaders([...inline, '', ...lines.slice(at + 1)], 0, 'marker')
    const next = skipBlank(lines, at + 1)
    return (
      fromHeaders(lines, next, 'marker') ??
      fromAttribution(lines, next) ??
      (marker.kind === 'forward' ? { from: null, subject: null, body: bodyText(lines, at + 1) } : null)
    )
  }
  const found = fromHeaders(lines, at, 'text')
  if (found !== null) return isNamed ? found : 'answer'
  const count = attributionAt(lines, at, (after) => unquoted(lines[after] ?? '') !== lines[after])
  if (count === 0) return null
  const isQuoted = /^\s*>/.test(lines[skipBlank(lines, at + count)] ?? '')
  return isNamed && !isQuoted ? fromAttribution(lines, at) : 'answer'
}

function fromHeaders(lines: readonly string[], at: number, after: 'text' | 'marker'): Forwarded | null {
  const headers: QuotedHeaders | null = readQuotedHeaders(lines, at, after)
  if (headers === null) return null
  return {
    from: mailboxFrom(headers.values.get('from') ?? ''),
    subject: headers.values.get('subject')?.trim() || null,
    body: bodyText(lines, closed(lines, headers.end)),
  }
}

/** Where the text begins: some clients say below the header once more that a mail was forwarded. */
function closed(lines: readonly string[], end: number): number {
  const next = skipBlank(lines, end)
  const marker = markerAt(lines, next)
  const isClosing =
    marker?.kind === 'forward' &&
    marker.rest === '' &&
    readQuotedHeaders(lines, skipBlank(lines, next + 1), 'marker') === null
  return isClosing ? next + 1 : end
}

function fromAttribution(lines: readonly string[], at: number): Forwarded | null {
  const count = attributionAt(lines, at, () => true)
  if (count === 0) return null
  const line = lines
    .slice(at, at + count)
    .map((each) => withoutMarks(unquoted(each)))
    .join(' ')
    .slice(0, 1_000)
  const [, quoted, plain, address = ''] = NAME_AND_ADDRESS.exec(line) ?? []
  const known = normaliseAddress(address)
  return {
    from: known === undefined ? null : { address: known, name: nameFrom(quoted ?? lastWords(plain ?? '')) },
    subject: null,
    body: bodyText(lines, at + count),
  }
}

const NAME_AND_ADDRESS =
  /(?:["“”„«]\s?([^"“”„«»<>]{1,200}?)\s?["“”»]|([\p{L}\p{M}.'’ -]{1,100}))?\s*[(<]\s*<?(?:mailto:)?([^<>()\s]{3,320})\s*[>)]/u

/** "12:46 schrieb Ada L" holds a name behind a verb and a date: capitals tell it. */
function lastWords(words: string): string {
  return /(?:\p{Lu}[\p{L}\p{M}.'’-]*\s*){1,4}$/u.exec(words.trim())?.[0] ?? ''
}

/** A whole header in one line, as Yahoo writes it: "From: a@b.test To: c@d.test Sent: … Subject: …". */
function inlineHeaders(written: string): string[] | null {
  const parts = written
    .slice(0, 2_000)
    .replace(INLINE_LABEL, '\n$1:')
    .split('\n')
    .map((part) => part.trim())
    .filter(Boolean)
  const labels = parts.filter((part) => fieldNamed(part.slice(0, part.search(/[:：]/))) !== undefined)
  return labels.length >= 2 ? parts : null
}

const INLINE_LABELS = [...HEADER_LABELS.keys()].filter((label) => label.length > 1).sort((a, b) => b.length - a.length)
const INLINE_LABEL = new RegExp(
  `(?:(?<![\\p{L}.@])|(?<=[\\p{Ll}\\d>])(?=\\p{Lu}))(${INLINE_LABELS.map((label) => label.replace(/[()./]/g, '\\$&')).join('|')})\\s{0,3}[:：](?!//)`,
  'giu',
)

/** `Ada <a@b.test>`, `"Ada" [mailto:a@b.test]`, `a@b.test`. */
function mailboxFrom(written: string): MailAddress | null {
  const text = written.slice(0, 1_000).replace(/[*_]{1,3}$/, '')
  const found = /[^\s<>()[\]"',;:]{1,64}@[^\s<>()[\]"',;:]{1,255}/.exec(text)
  const address = normaliseAddress(found?.[0].replace(/[.*_]+$/, '') ?? '')
  if (found === null || address === undefined) return null
  const before = text.slice(0, found.index).replace(/[<([\s]*(?:mailto:|smtp:)?\s*$/i, '')
  const name =
    nameFrom(before) ??
    nameFrom(/^[\])>\s]*\(([^()]{1,200})\)/.exec(text.slice(found.index + found[0].length))?.[1] ?? '')
  return { address, name }
}

function nameFrom(written: string): string | null {
  const name = written
    .replace(/\s+/g, ' ')
    .replace(/^[\s"'“”«*,]+|[\s"'“”»*,<([]+$/g, '')
    .slice(0, NAME_CHARACTERS_MAX)
    .trim()
  return name === '' || name.includes('@') ? null : name
}

/** The forwarder's own words: what stands above, without the rule that some clients draw. */
function above(lines: readonly string[], at: number): string | null {
  let end = at
  while (end > 0 && isRule(lines[end - 1] ?? '')) end--
  return (
    lines
      .slice(0, end)
      .join('\n')
      .replace(/^\ufeff/, '')
      .trim() || null
  )
}

/** The original text: one level of quote marks or of indentation taken off, where the client put it on every line. */
function bodyText(lines: readonly string[], from: number): string {
  const body = lines.slice(from)
  const filled = body.filter((line) => line.trim() !== '')
  const quoted = filled.filter((line) => line.startsWith('>')).length
  if (quoted > 0 && quoted * 2 >= filled.length)
    return body
      .map((line) => line.replace(/^> ?/, ''))
      .join('\n')
      .trim()
  return body.join('\n').trim()
}

function forwardFrom(found: Forwarded, message: string | null, subject: string | null): MailForward {
  return { from: found.from, subject: found.subject ?? bareSubject(subject), message, body: found.body || null }
}

function prefix(words: readonly string[]): RegExp {
  const escaped = [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^\\s*[[(]?(?:${escaped.join('|')})(?:\\s?[[(]?\\d{1,3}[\\])]?)?\\s?[:：]\\]?\\s*`, 'iu')
}
