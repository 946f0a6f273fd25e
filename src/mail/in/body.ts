import { escapeHtml } from '../../domain/conversations/html.ts'
import { htmlToText } from '../../domain/conversations/text.ts'
import { decodeText } from './charset.ts'
import type { Part } from './parts.ts'
import { BORDER, borderBefore } from './quote-borders.ts'

/** More text than this is cut: nobody reads it, every list carries it, and the raw mail keeps it. */
const TEXT_CHARACTERS_MAX = 1_048_576
/**
 * Enough for so many characters in any charset. No more is ever made a string: one native call over very much text can ask for more
 * memory at once than a thread has, and then the whole process ends instead of the thread.
 */
const TEXT_BYTES_MAX = 4 * TEXT_CHARACTERS_MAX

/** One thing said in one or two ways. */
interface Said {
  text: string | null
  html: string | null
}

/** The body of a mail, with a border where its HTML begins to quote, and the parts that are not in it, in the order of the mail. */
export function readBody(root: Part): Said & { attached: Part[] } {
  const attached: Part[] = []
  const { text, html } = read(root, attached, { first: true, left: TEXT_BYTES_MAX })
  const full = text ?? (html === null ? null : htmlToText(html, borderBefore))
  return { text: full === null ? null : tidyBody(full), html, attached }
}

interface Place {
  /** Nothing has been said yet: the next text is the body, even if it has a file name. */
  first: boolean
  /** Bytes of text that may still be read. */
  left: number
}

function read(part: Part, attached: Part[], place: Place): Said {
  if (part.contentType.startsWith('multipart/')) {
    const said = part.children.map((child) => read(child, attached, place))
    return part.contentType === 'multipart/alternative' ? alternatives(said) : sequence(said)
  }
  if (!isBody(part, place)) {
    attached.push(part)
    return { text: null, html: null }
  }
  place.first = false
  return part.contentType === 'text/html'
    ? { text: null, html: decodedText(part, place) }
    : { text: decodedText(part, place), html: null }
}

function isBody(part: Part, place: Place): boolean {
  if (part.contentType !== 'text/plain' && part.contentType !== 'text/html') return false
  if (part.disposition !== null && part.disposition !== 'inline') return false
  return part.filename === null || place.first
}

function decodedText(part: Part, place: Place): string {
  const content = part.content.subarray(0, place.left)
  place.left -= content.length
  const text = decodeText(content, part.charset).replace(/\r\n?/g, '\n').replaceAll(BORDER, '')
  return part.flowed && part.contentType === 'text/plain' ? unflow(text, part.flowed.deleteSpace) : text
}

/** The same thing twice: the text, unless it is empty or only says that there is HTML. */
function alternatives(said: Said[]): Said {
  const html = said.map((one) => one.html).find((one) => one !== null && one.trim() !== '') ?? null
  const text = said.map((one) => one.text).find((one) => one !== null && one.trim() !== '') ?? null
  return { text: text !== null && html !== null && isStub(text, html) ? null : text, html }
}

function isStub(text: string, html: string): boolean {
  return text.length < 500 && htmlToText(html).length > 200 + 4 * text.length
}

/** One after the other. As soon as one of them is HTML, the whole is. */
function sequence(said: Said[]): Said {
  const spoken = said.filter(({ text, html }) => (text ?? html ?? '').trim() !== '')
  const [only] = spoken
  if (only && spoken.length === 1) return only

  const text = spoken.map((one) => one.text ?? htmlToText(one.html ?? '')).filter((one) => one.trim() !== '')
  const hasHtml = spoken.some(({ html }) => html !== null)
  return {
    text: text.length === 0 ? null : text.join('\n'),
    html: hasHtml ? spoken.map((one) => one.html ?? `<pre>${escapeHtml(one.text ?? '')}</pre>`).join('<br>\n') : null,
  }
}

/** RFC 3676 §4: a line that ends with a space goes on in the next one of the same quote depth; "-- " never does. */
function unflow(text: string, deleteSpace: boolean): string {
  const lines: string[] = []
  let open = false
  for (const line of text.split('\n')) {
    const quote = /^>*/.exec(line)?.[0] ?? ''
    const content = line.slice(quote.length).replace(/^ /, '')
    const previous = lines.at(-1)
    const sameQuote = previous !== undefined && (/^>*/.exec(previous)?.[0] ?? '').length === quote.length
    if (open && sameQuote && content !== '-- ') {
      lines[lines.length - 1] = (deleteSpace ? previous.slice(0, -1) : previous) + content
    } else {
      lines.push(quote === '' ? content : `${quote} ${content}`)
    }
    open = content.endsWith(' ') && content !== '-- '
  }
  return lines.join('\n')
}

function tidyBody(text: string): string | null {
  const tidy = text.replace(/^\s*\n/, '').trimEnd()
  if (tidy.length <= TEXT_CHARACTERS_MAX) return tidy || null
  return `${tidy.slice(0, TEXT_CHARACTERS_MAX).toWellFormed()}\n[…]`
}
