import { attributionAt, beforeAttribution } from './attributions.ts'
import { isBlank, linesOf, opensWithLetter } from './lines.ts'
import { BORDER, withoutBorders } from './quote-borders.ts'
import { readQuotedHeaders } from './quote-headers.ts'
import { markerAt, skipBlank } from './quote-markers.ts'
import { isDeviceSignature, isRule, isSignatureMark, isSignOff } from './signatures.ts'

/** A reply stands near the top. Behind so many lines nothing is looked for, and it belongs to what it follows. */
const LINES_MAX = 5_000
/** A signature is short: behind a longer rest, "--" was only a line. */
const SIGNATURE_LINES_MAX = 40

/** Between the border of a quote and its first marked line. */
const ATTRIBUTION_LINES_MAX = 6

export interface Reply {
  visibleText: string | null
  quotedText: string | null
}

/** What a line is: words, an empty line, a quote, the line above a quote, or the sender's signature. */
type Tag = 'text' | 'blank' | 'quote' | 'attribution' | 'signature'

/**
 * What the sender wrote, and what was quoted or signed; together they are the whole text. Where the sender wrote between the quotes,
 * or nothing would be left: the full text.
 */
export function splitQuotes(text: string): Reply {
  const whole = withoutBorders(text).trim()
  if (whole === '') return { visibleText: null, quotedText: null }
  const full = { visibleText: whole, quotedText: null }
  const lines = linesOf(text)
  const tags = tagLines(lines)
  const hidden = hiddenLines(lines, tags)
  const visible = joined(lines, (at) => !hidden.has(at))
  return visible === '' || visible.split('\n', LINES_MAX).every(isRule)
    ? full
    : { visibleText: visible, quotedText: joined(lines, (at) => hidden.has(at)) || null }
}

/** The tag of each line. May put a line of the text in two, where an attribution begins within it. */
function tagLines(lines: string[]): Tag[] {
  const tags: Tag[] = []
  const isQuoteAt = (at: number) => isQuoted(lines[skipBlank(lines, at)] ?? '')
  const tag = (what: Tag, count: number) => {
    for (let n = 0; n < count; n++) tags.push(what)
  }
  while (tags.length < Math.min(lines.length, LINES_MAX)) {
    const at = tags.length
    const line = lines[at] ?? ''
    if (isBlank(line)) tag('blank', 1)
    else if (line === BORDER) {
      const found = belowBorder(lines, at)
      if (found === 'forward') return [...tags, ...rest(lines, at, 'text')]
      if (found === 'original') return [...tags, ...rest(lines, at, 'quote')]
      tag('attribution', found)
    } else if (isQuoted(line)) {
      // a forwarded mail is what the sender has to say
      if (tags.at(-1) !== 'quote' && markerAt(lines, at)?.kind === 'forward')
        return [...tags, ...rest(lines, at, 'text')]
      tag('quote', 1)
    } else if (tags.at(-1) === 'quote' && isWrapped(lines, at)) tag('quote', 1)
    else {
      const border = borderAt(lines, at)
      if (border === 'forward') return [...tags, ...rest(lines, at, 'text')]
      if (border === 'original') return [...tags, ...rest(lines, at, 'quote')]

      const before = isQuoteAt(at + 1) ? beforeAttribution(line) : null
      const count = before === null ? attributionAt(lines, at, isQuoteAt) : 0
      if (count > 0 && !isQuoteAt(at + count)) return [...tags, ...rest(lines, at, 'quote')]
      if (before !== null) lines.splice(at, 1, before, line.slice(before.length))
      if (count > 0) tag('attribution', count)
      else if (before !== null) tags.push('text', 'attribution')
      else if (isDeviceSignature(line)) tag('signature', forwardAfter(lines, at) - at)
      else if (isSignatureMark(line) && textAfter(lines, at) <= SIGNATURE_LINES_MAX)
        tag('signature', forwardAfter(lines, at) - at)
      else tag('text', 1)
    }
  }
  const last = tags.findLast((one) => one !== 'blank')
  return [...tags, ...rest(lines, tags.length, last === 'attribution' ? 'quote' : (last ?? 'text'))]
}

/** How many lines stand between a border of the HTML and the marked quote; else the whole below it is a quote, or a forward. */
function belowBorder(lines: readonly string[], at: number): number | 'forward' | 'original' {
  const first = skipBlank(lines, at + 1)
  if (markerAt(lines, first)?.kind === 'forward') return 'forward'
  for (let next = first; next < Math.min(lines.length, first + ATTRIBUTION_LINES_MAX); next++) {
    if (isQuoted(lines[next] ?? '')) return next - at
  }
  return 'original'
}

const rest = (lines: readonly string[], from: number, what: Tag): Tag[] =>
  new Array<Tag>(Math.max(0, lines.length - from)).fill(what)

const isQuoted = (line: string): boolean =>
  !opensWithLetter(line) && /^[\s\ufeff]{0,20}>/.test(line) && !/^>From /.test(line)

/** A quoted line that was broken on the way, or a link in a quote: nobody answers in such words. */
function isWrapped(lines: readonly string[], at: number): boolean {
  const [before = '', line = '', after = ''] = [lines[at - 1], lines[at], lines[at + 1]]
  if (!isQuoted(before) || !isQuoted(after)) return false
  if (line.length < 2_000 && /^\s*[(<[]?(?:https?|mailto):\S*\s*>?\s*$/.test(line)) return true
  return before.length >= 60 && !/[.?!:;>]\s*$/.test(before) && /^\p{Ll}/u.test(line)
}

/** Where another mail begins, with a marker or a header block; a rule above it belongs to it. */
function borderAt(lines: readonly string[], at: number): 'original' | 'forward' | null {
  const marker = markerAt(lines, at)
  if (marker !== null) return marker.kind
  if (readQuotedHeaders(lines, at) !== null) return 'original'
  const line = lines[at] ?? ''
  if (line.length > 200 || !isRule(line)) return null
  const next = skipBlank(lines, at + 1, 3)
  if (markerAt(lines, next) !== null) return markerAt(lines, next)?.kind ?? null
  return readQuotedHeaders(lines, next, 'marker') !== null ? 'original' : null
}

/** Where a forwarded mail begins below a signature, or the end. */
function forwardAfter(lines: readonly string[], at: number): number {
  for (let next = at + 1; next < Math.min(lines.length, at + SIGNATURE_LINES_MAX); next++) {
    const marker = markerAt(lines, next)
    if (marker !== null) return marker.kind === 'forward' ? next : lines.length
  }
  return lines.length
}

function textAfter(lines: readonly string[], at: number): number {
  return lines.slice(at + 1, at + 200).filter((line) => !isBlank(line) && !isQuoted(line)).length
}

/** The lines that are not shown: where the sender answers between the quotes, the signature alone. */
function hiddenLines(lines: readonly string[], tags: readonly Tag[]): ReadonlySet<number> {
  const signature = new Set(placesOf(tags, (tag) => tag === 'signature'))
  const hidden = new Set(signature)
  const last = tags.lastIndexOf('text')
  const runs = quoteRuns(lines, tags)
  const trailing = runs.at(-1)
  const isTrailing = trailing !== undefined && trailing.from > last
  if (isTrailing && (runs.length === 1 || trailing.attributed)) {
    hide(hidden, trailing)
    runs.pop()
  }
  const [only] = runs
  if (only !== undefined) {
    if (runs.length > 1 || !only.attributed) return signature
    hide(hidden, only)
  }
  hideEnd(lines, hidden)
  return hidden
}

interface Run {
  from: number
  to: number
  attributed: boolean
}

/** Quotes with nothing but empty lines in between are one. */
function quoteRuns(lines: readonly string[], tags: readonly Tag[]): Run[] {
  const runs: Run[] = []
  let open: Run | undefined
  for (const [at, tag] of tags.entries()) {
    if (tag === 'text' || tag === 'signature') open = undefined
    if (tag !== 'quote' && tag !== 'attribution') continue
    if (open === undefined) {
      if (tag === 'quote' && isRule(lines[at] ?? '')) continue
      open = { from: at, to: at, attributed: tag === 'attribution' || opensQuoted(lines, at) }
      runs.push(open)
    }
    open.to = at
  }
  return runs
}

/** Some clients quote the attribution, too; and what is not marked line by line was found by what stands above it. */
function opensQuoted(lines: readonly string[], at: number): boolean {
  return !isQuoted(lines[at] ?? '') || attributionAt(lines, at, () => true) > 0 || readQuotedHeaders(lines, at) !== null
}

/** Where such items stand. */
function placesOf<T>(items: readonly T[], is: (item: T, at: number) => boolean): number[] {
  const places: number[] = []
  for (const [at, item] of items.entries()) if (is(item, at)) places.push(at)
  return places
}

function hide(hidden: Set<number>, { from, to }: Run): void {
  for (let at = from; at <= to; at++) hidden.add(at)
}

/** Rules at the end, a sign-off, and what a mailing list adds. */
function hideEnd(lines: readonly string[], hidden: Set<number>): void {
  const shown = placesOf(lines, (line, at) => !hidden.has(at) && !isBlank(line))
  while (shown.length > 1 && isRule(lines[shown.at(-1) ?? 0] ?? '')) hidden.add(shown.pop() ?? 0)
  const footer = shown.findLastIndex((at) => /^_{20,}\s*$/.test(lines[at] ?? ''))
  if (
    footer > 0 &&
    shown.length - footer <= 8 &&
    shown.slice(footer).some((at) => /mailing list|listinfo|unsubscribe/i.test(lines[at]?.slice(0, 500) ?? ''))
  ) {
    for (const at of shown.splice(footer)) hidden.add(at)
  }
  const end = shown.at(-1)
  if (shown.length > 1 && end !== undefined && isSignOff(lines[end] ?? '') && isBlank(lines[end - 1] ?? ''))
    hidden.add(end)
}

/** Those lines, with the empty ones between them. */
function joined(lines: readonly string[], isIn: (at: number) => boolean): string {
  return withoutBorders(lines.filter((_, at) => isIn(at)).join('\n')).trim()
}
