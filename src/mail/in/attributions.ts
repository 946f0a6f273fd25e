import { withoutMarks } from './lines.ts'
import { unquoted } from './quote-headers.ts'
import { WROTE_ENDINGS, WROTE_WORDS } from './quote-words.ts'

/** A line such as "On Monday, Ada <ada@a.test> wrote:" is at most so long, and is wrapped into at most so many lines. */
const CHARACTERS_MAX = 600
const LINES_MAX = 5

const WROTE = new RegExp(`(?<!\\p{L})(?:${WROTE_WORDS.join('|')})(?!\\p{L})|${WROTE_ENDINGS.join('|')}`, 'iu')
const ENDS_WITH_WROTE = new RegExp(
  `(?:(?<!\\p{L})(?:${WROTE_WORDS.join('|')})|${WROTE_ENDINGS.join('|')})[\\s*_]{0,5}[:：.]?[\\s*_]{0,5}$`,
  'iu',
)
const ADDRESS = /[^\s<>@"]{1,64}@[^\s<>@"]{1,255}/
const DATE = /(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[年년]/
const TIME = /(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)/
const ENDS_WITH_COLON = /[:：][\s*_]{0,5}$/
/** Up to three words, then a number: "On Wed, Sep 25", "Am 13.12.", "W dniu 28". */
const OPENS_WITH_DATE = /^(?:[\p{L}\p{M}][\p{L}\p{M}.'’]{0,15}[\s,،.:-]{1,3}|在|于|於){0,3}\(?\d/u
const OPENS_WITH_SENDER = /^["'“«(]?[^<>@]{0,80}[<([]?[^\s<>@"]{1,64}@/
/** "I wrote you on …:" is part of what somebody says. */
const BY_ONESELF =
  /(?<!\p{L})(?:(?:schrieb|schreibt|écrit|skrev|schreef|pisze)\s+(?:ich|wir|je|jeg|jag|ik)|(?:I|we|ich|wir|j'ai|nous avons|yo|ho|ik|jeg|jag)\s+(?:wrote|schrieb|schrieben|écrit|scritto|escribí|skrev|schreef))(?!\p{L})/iu
const ISO_SENDER = /^\d{4}[-/]\d{1,2}[-/]\d{1,2}\s.{0,160}<[^<>\s]+@[^<>\s]+>\s*:?$/
const ISO_NAME = /^\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d:\d\d [^<>:]{1,80}:?$/
const BETWEEN_DASHES = /^-{2,}\s{0,5}[^\s-].{0,400}?\s{0,5}-{2,}$/
const IN_NEWSGROUP =
  /\s(?:in message|im newsbeitrag|dans le message(?: de news)?|en el mensaje|nel messaggio|i meddelandet)\s.{0,10}news:\S+$/iu
const QUOTING =
  /^(?:quoting|zitat von|citando(?: a)?|citation de|citat från|citat fra|citaat van|cytowanie|quotando|цитирую|Цитата)\s.{1,300}:$/i
/** Where a line of one's own goes on with an attribution. */
const WITHIN_LINE = /[\s-](?=(?:On|Am|Le|El|Il|Op|Den|Em|Dnia|W dniu|Dne)\s[\p{L}.,\s]{0,16}\d)/gu

/** How many lines the attribution has that begins in that line; 0 where none does. */
export function attributionAt(
  lines: readonly string[],
  start: number,
  isQuoteNext: (after: number) => boolean,
): number {
  const parts: string[] = []
  let length = 0
  for (let count = 1; count <= LINES_MAX; count++) {
    const line = inOurDigits(withoutMarks(unquoted(lines[start + count - 1] ?? ''))).trim()
    length += line.length
    // one client puts an empty line before the address
    if (line === '' && count === 2 && /^\s*</.test(lines[start + 2] ?? '')) continue
    if (line === '' || length > CHARACTERS_MAX) return 0
    parts.push(line)
    if (
      mayEnd(line) &&
      !isVerb(lines[start + count]) &&
      isAttribution(parts.join(' '), () => isQuoteNext(start + count))
    )
      return beginsLater(parts) ? 0 : count
    if (count === 1 && !OPENS_WITH_DATE.test(line) && !opensWithSender(line)) return 0
  }
  return 0
}

/** The zeros of Arabic, Persian, Hindi and Thai; the other digits follow each. */
const ZEROS = [0x0660, 0x06f0, 0x0966, 0x0e50]
const DIGIT = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u0e50-\u0e59]/
const DIGITS = new RegExp(DIGIT, 'g')

/** With the digits of all that is looked for here. */
function inOurDigits(line: string): string {
  if (!DIGIT.test(line)) return line
  return line.replace(DIGITS, (digit) => {
    const code = digit.charCodeAt(0)
    return String(code - (ZEROS.findLast((zero) => zero <= code) ?? code))
  })
}

/** "wrote:" in a line of its own. */
const isVerb = (line = '') =>
  line.length < 40 && /^[\s>]*[^\s<>]{1,20}\s?[:：]\s*$/u.test(line) && ENDS_WITH_WROTE.test(line)

/** The first line may only be the last one of the text above. */
function beginsLater(parts: readonly string[]): boolean {
  return parts.some((part, at) => {
    const tail = parts.slice(at).join(' ')
    return (
      at > 0 &&
      OPENS_WITH_DATE.test(part) &&
      (DATE.test(part) || TIME.test(part)) &&
      (WROTE.test(tail) || ADDRESS.test(tail)) &&
      isAttribution(tail, () => false)
    )
  })
}

/** What a line says before an attribution that stands in the same line; null where none does. */
export function beforeAttribution(line: string): string | null {
  if (line.length > CHARACTERS_MAX || !mayEnd(line)) return null
  const at = [...line.matchAll(WITHIN_LINE)].at(-1)?.index
  if (at === undefined || at === 0 || !isAttribution(line.slice(at + 1).trim(), () => true)) return null
  return line.slice(0, at).replace(/[\s-]{1,20}$/, '')
}

/** Cheap, as it is asked of every line. */
function mayEnd(line: string): boolean {
  return /[:：>*_.-]$/.test(line) || /^\d{4}-/.test(line) || endsWithWrote(line)
}

function isAttribution(joined: string, isQuoteNext: () => boolean): boolean {
  if (!hasItsEnd(joined)) return false
  const text = joined.replace(/\s+/g, ' ')
  const hasAddress = text.includes('@') && ADDRESS.test(text)
  const hasDate = DATE.test(text)
  const hasTime = TIME.test(text)
  const opensWithDate = OPENS_WITH_DATE.test(text)
  if (QUOTING.test(text)) return hasAddress || isQuoteNext()
  if (ISO_SENDER.test(text) || ISO_NAME.test(text)) return true

  if (WROTE.test(text) && !BY_ONESELF.test(text)) {
    if (BETWEEN_DASHES.test(text)) return true
    if (IN_NEWSGROUP.test(text)) return isQuoteNext()
    const ends = endsWithWrote(text)
    if (!ends && !ENDS_WITH_COLON.test(text)) return false
    if (hasAddress && (hasDate || hasTime || (ends && opensWithSender(text)))) return true
    if (opensWithDate && (hasDate || hasTime) && (ends || (hasDate && hasTime))) return true
    return ENDS_WITH_COLON.test(text) && isQuoteNext()
  }
  if (!/[:：>]$/.test(text)) return false
  if (opensWithDate && hasAddress && hasTime && ENDS_WITH_COLON.test(text)) return true
  // in a language that is not known here
  return ((hasAddress && (hasDate || hasTime)) || (hasDate && (opensWithDate || hasTime))) && isQuoteNext()
}

/** Cheap, as it is asked of every line that is a sentence: no attribution ends or begins otherwise. */
const hasItsEnd = (text: string): boolean =>
  text.endsWith('>') ||
  text.startsWith('--') ||
  /^\d{4}[-/]/.test(text) ||
  text.includes('news:') ||
  ENDS_WITH_COLON.test(text.slice(-END_CHARACTERS)) ||
  endsWithWrote(text)

/** More than the longest words for "wrote" have, with what may follow them. */
const END_CHARACTERS = 40

/** The plain letters at the end of the verbs that end with some. */
const VERB_ENDS = new Set(WROTE_WORDS.flatMap((verb) => /[a-z]+$/.exec(verb)?.[0] ?? []))
const MAY_FOLLOW = /[\s*_:：.]/

/** The plain letters at the end of a text, before what may follow a verb; empty where it ends otherwise. */
function lastLetters(text: string): string {
  let end = text.length
  while (end > 0 && !isPlainLetter(text.charCodeAt(end - 1)) && MAY_FOLLOW.test(text[end - 1] ?? '')) end--
  let start = end
  while (start > 0 && isPlainLetter(text.charCodeAt(start - 1))) start--
  return text.slice(start, end)
}

const CASE = 0x20
const isPlainLetter = (code: number): boolean => (code | CASE) >= 0x61 && (code | CASE) <= 0x7a

// most lines end with a word that no verb ends with, and a regular expression without a beginning is tried at every character
const endsWithWrote = (text: string): boolean => {
  const end = text.slice(-END_CHARACTERS)
  const letters = lastLetters(end)
  return (letters === '' || VERB_ENDS.has(letters.toLowerCase())) && ENDS_WITH_WROTE.test(end)
}

const opensWithSender = (text: string): boolean => text.includes('@') && OPENS_WITH_SENDER.test(text)
