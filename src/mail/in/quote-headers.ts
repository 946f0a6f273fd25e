import { opensWithLetter, withoutMarks } from './lines.ts'
import { HEADER_LABELS, type HeaderField } from './quote-words.ts'

/** Lines longer than this are nobody's header, and are not looked at. */
const LINE_CHARACTERS_MAX = 2_000
const LABEL_CHARACTERS_MAX = 30
const BLOCK_LINES_MAX = 80
/** Long lists of recipients are wrapped over many lines; other headers over a few. */
const CONTINUATIONS_MAX: Record<HeaderField, number> = { to: 20, cc: 20, from: 2, date: 2, subject: 3, other: 2 }

/** The header of a mail, as clients write it into the body of another. */
export interface QuotedHeaders {
  /** The first line after it. */
  end: number
  values: ReadonlyMap<HeaderField, string>
}

/** The header block that begins in that line, or null. `after` a marker less is asked of it than in the midst of a text. */
export function readQuotedHeaders(
  lines: readonly string[],
  start: number,
  after: 'text' | 'marker' = 'text',
): QuotedHeaders | null {
  if (labelOf(lines[start]) === null) return null

  const values = new Map<HeaderField, string>()
  let end = start
  let at = start
  while (at < lines.length && at - start < BLOCK_LINES_MAX) {
    const found = labelOf(lines[at])
    if (found === null || (values.has(found.field) && found.field !== 'other' && found.field !== 'cc')) break
    const next = nextLabel(lines, at, found.field)
    const more = lines.slice(at + 1, next.continued).map(unquoted)
    if (!values.has(found.field))
      values.set(
        found.field,
        withoutMarks([found.value, ...more].join(' '))
          .replace(/\s+/g, ' ')
          .trim(),
      )
    end = next.continued
    at = next.at
  }
  return isPlausible(values, after) ? { end, values } : null
}

/** A line without quote marks, and what mail hides in front of text. */
export function unquoted(line: string): string {
  if (opensWithLetter(line)) return line
  return line.replace(/^[\s>|\ufeff\u200b-\u200f\u202a-\u202e]{0,200}/u, '')
}

function labelOf(line: string | undefined): { field: HeaderField; value: string } | null {
  if (line === undefined || line.length > LINE_CHARACTERS_MAX) return null
  const bare = unquoted(line)
  const colon = bare.slice(0, LABEL_CHARACTERS_MAX + 4).search(/[:：]/)
  if (colon < 1) return null
  const field = fieldNamed(withoutMarks(bare.slice(0, colon)))
  return field === undefined ? null : { field, value: bare.slice(colon + 1).replace(/^[\s*_]+/, '') }
}

/** Words in one form: Turkish capitals leave a dot behind in lower case, and apostrophes are curly in some clients. */
export function plainWords(written: string): string {
  return written
    .replace(/[*_\s\u00a0]+/g, ' ')
    .trim()
    .normalize('NFC')
    .replaceAll('’', "'")
    .toLowerCase()
    .replaceAll('\u0307', '')
}

/** What a label stands for; undefined for a word that is none. */
export function fieldNamed(label: string): HeaderField | undefined {
  return HEADER_LABELS.get(plainWords(label))
}

/** Where the header ends that begins in a line, and where the next one begins: at once, or after one empty line. */
function nextLabel(lines: readonly string[], at: number, field: HeaderField): { continued: number; at: number } {
  let next = at + 1
  while (next < lines.length && next - at <= CONTINUATIONS_MAX[field] && isContinuation(lines[next])) next++
  if (labelOf(lines[next]) !== null) return { continued: next, at: next }
  if (field === 'to' || field === 'cc') {
    // the last header of a block, where addresses were wrapped
    const end = lines.findIndex((line, index) => index > at && (unquoted(line).trim() === '' || index > at + 20))
    const isWrapped =
      end > at + 1 &&
      lines
        .slice(at + 1, end)
        .every((line) => /^\s*[^@]{0,100}<?[^\s@<>]+@[^\s@<>]+>?\s*[,;]?\s*/.test(unquoted(line).slice(0, 500)))
    if (isWrapped) return { continued: end, at: lines.length }
  }
  const isBlank = unquoted(lines[at + 1] ?? 'x') === ''
  return { continued: at + 1, at: isBlank && labelOf(lines[at + 2]) !== null ? at + 2 : lines.length }
}

function isContinuation(line: string | undefined): boolean {
  return line !== undefined && line.length <= LINE_CHARACTERS_MAX && unquoted(line) !== '' && labelOf(line) === null
}

/** Web forms and schedules have lines like these, too: a mail has a sender with an address, or date, sender and something more. */
function isPlausible(values: ReadonlyMap<HeaderField, string>, after: 'text' | 'marker'): boolean {
  const count = values.size - (values.has('other') ? 1 : 0)
  const hasDate = /\p{Nd}/u.test(values.get('date') ?? '')
  if (after === 'marker') return values.has('from') || count >= 2
  if (isAddressed(values.get('from'))) return count >= 2
  if (values.has('from')) return hasDate && (values.has('subject') || isAddressed(values.get('to')))
  return hasDate && isAddressed(values.get('to'))
}

const isAddressed = (value: string | undefined) => value?.includes('@') ?? false
