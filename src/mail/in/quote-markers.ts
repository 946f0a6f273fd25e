import { isBlank, opensWithLetter } from './lines.ts'
import { plainWords, readQuotedHeaders, unquoted } from './quote-headers.ts'
import { ABOVE_THIS_LINE, FORWARD_MARKERS, FORWARD_STEM, ORIGINAL_MARKERS } from './quote-words.ts'

/** A line that says that the text below is another mail. */
export interface Marker {
  kind: 'original' | 'forward'
  /** What else stands in the line: some clients write the whole header there. */
  rest: string
}

const CHARACTERS_MAX = 2_000
const ORIGINAL = new Set(ORIGINAL_MARKERS)
const FORWARD = new Set(FORWARD_MARKERS)
const FORWARDED_BY =
  /^(?:forwarded by|weitergeleitet (?:von|durch)|transféré par|transmis par|reenviado por|inoltrato da|encaminhado por|doorgestuurd door|vidarebefordrat av|videresendt af|videresendt av|przekazane przez|przesłane przez)\s/
const BETWEEN_DASHES = /^[-_=*#~—–+]{2,}[\s*]{0,5}(.{3,120}?)[\s*]{0,5}[-_=*#~—–+]{2,}[\s*]{0,5}(.*)$/

/** The marker in a line: between dashes, or before a colon, or alone above a header block; null where none is. */
export function markerAt(lines: readonly string[], at: number): Marker | null {
  const line = lines[at] ?? ''
  if (line.length > CHARACTERS_MAX) return null
  const bare = (opensWithLetter(line) ? line : unquoted(line).replace(/^[*\s]{1,5}/, '')).trimEnd()
  if (bare.length < 4) return null
  if (bare.length < 200 && ABOVE_THIS_LINE.test(bare)) return { kind: 'original', rest: '' }

  const [, inner, rest = ''] = BETWEEN_DASHES.exec(bare) ?? []
  if (inner !== undefined) {
    const kind = kindOf(inner) ?? (rest === '' ? kindAbove(lines, at, inner) : kindBefore(rest, inner))
    return kind && { kind, rest }
  }
  if (bare.length > 60) return null
  const kind = kindOf(bare.replace(/^[-_=\s]{1,60}|[-_=*\s:：]{1,60}$/g, ''))
  if (kind === null) return null
  const standsOut =
    /[:：][*\s]{0,5}$/.test(bare) || /^-{2,}|-{2,}$/.test(bare) || /^\s{0,5}[*_]{1,2}\S.*[*_]\s{0,5}$/.test(line)
  return standsOut || readQuotedHeaders(lines, skipBlank(lines, at + 1), 'marker') !== null ? { kind, rest: '' } : null
}

/** The next line with something in it, at most so many further on. */
export function skipBlank(lines: readonly string[], from: number, most = 6): number {
  let at = from
  while (at < lines.length && at - from < most && isBlank(unquoted(lines[at] ?? ''))) at++
  return at
}

/** In words that are not known here: what follows tells that they announce a mail. */
function kindAbove(lines: readonly string[], at: number, words: string): Marker['kind'] | null {
  if (words.length > 60 || readQuotedHeaders(lines, skipBlank(lines, at + 1), 'marker') === null) return null
  return FORWARD_STEM.test(words) ? 'forward' : 'original'
}

const kindBefore = (rest: string, words: string): Marker['kind'] | null =>
  words.length <= 60 && FORWARD_STEM.test(words) && /^[^:：]{2,30}[:：].*@/.test(rest) ? 'forward' : null

function kindOf(words: string): Marker['kind'] | null {
  const plain = plainWords(words.replace(/[:：]\s*$/, ''))
  if (ORIGINAL.has(plain)) return 'original'
  return FORWARD.has(plain) || FORWARDED_BY.test(plain) ? 'forward' : null
}
