import { walkHtml } from './html.ts'

const HTML_CHARACTERS_MAX = 1_048_576
/** Deeper quotes are told apart no longer, or their prefixes would outgrow the text. */
const QUOTE_DEPTH_MAX = 8
/** So much of a link's text is compared with its address. */
const LINK_CHARACTERS_MAX = 4096

const SILENT = new Set([
  'script',
  'style',
  'title',
  'noscript',
  'template',
  'textarea',
  'select',
  'svg',
  'math',
  'iframe',
])
const PARAGRAPHS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'dl', 'pre', 'hr', 'figure'])
// biome-ignore format: a list of names
const BLOCKS = new Set(['address', 'article', 'aside', 'blockquote', 'body', 'caption', 'center', 'dd', 'details', 'div', 'dt',
  'fieldset', 'figcaption', 'footer', 'form', 'header', 'li', 'main', 'nav', 'section', 'summary', 'table', 'tr'])

/** A line to be written before an element, or null. */
type LineBefore = (name: string, attributes: Record<string, string>) => string | null

/**
 * HTML as plain text, in linear time: blocks become lines, quotes get `> `, links keep their address where it says more than
 * their text. HTML beyond the limits only loses its tags, and what lies past the first mebibyte.
 */
export function htmlToText(html: string, lineBefore: LineBefore = () => null): string {
  const writer = createWriter(lineBefore)
  const within = walkHtml(html, {
    onopentag: (name, attributes) => writer.open(name, attributes),
    onclosetag: (name) => writer.close(name),
    ontext: (text) => writer.text(text),
  })
  return within ? writer.end() : withoutTags(html.slice(0, HTML_CHARACTERS_MAX))
}

/** The first line of a list: white space collapsed, cut at a word where one ends nearby. */
export function preview(text: string, charactersMax = 140): string {
  const flat = text
    .slice(0, charactersMax * 8)
    .replace(/\s+/g, ' ')
    .trim()
  if (flat.length <= charactersMax) return flat

  const cut = flat.slice(0, charactersMax - 1)
  const space = flat.lastIndexOf(' ', charactersMax - 1)
  return `${(space > charactersMax * 0.7 ? cut.slice(0, space) : cut).toWellFormed().replace(/\uFFFD$/, '')}…`
}

/** Lines under way. Only ever appended to: looking back into a growing string costs its whole length each time. */
function createLines() {
  const pieces: string[] = []
  let breaks = 0
  let quotes = 0
  let last = ''

  return {
    breakLine(count: number) {
      breaks = Math.max(breaks, count)
    },
    addBreak() {
      breaks = Math.min(breaks + 1, 3)
    },
    quote(step: 1 | -1) {
      quotes += step
    },
    isAtStart: () => last === '' || breaks > 0 || last === ' ',
    write(text: string) {
      if (text === '') return
      const prefix = '> '.repeat(Math.min(quotes, QUOTE_DEPTH_MAX))
      if (last === '') pieces.push(prefix)
      else if (breaks > 0) pieces.push(`\n${prefix.trimEnd()}`.repeat(breaks - 1), '\n', prefix)
      breaks = 0
      pieces.push(text)
      last = text.slice(-1)
    },
    end: () =>
      pieces
        .join('')
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n')
        .trim(),
  }
}

interface Anchor {
  href: string
  shown: string
}

function createWriter(lineBefore: LineBefore) {
  const lines = createLines()
  const lists: { next: number | null }[] = []
  const anchors: Anchor[] = []
  const blockquotes: boolean[] = []
  let verbatim = 0
  /** Open elements since the first silent one; nothing is written while there are any. */
  let silent = 0

  const write = (text: string) => {
    const anchor = anchors.at(-1)
    if (anchor && anchor.shown.length < LINK_CHARACTERS_MAX) anchor.shown += text
    lines.write(text)
  }
  const text = (chunk: string) => {
    if (silent > 0) return
    if (verbatim > 0) return writeVerbatim(chunk, lines)
    const flat = chunk.replace(/[\s\u200b\u200c\ufeff]+/g, ' ')
    write(lines.isAtStart() ? flat.trimStart() : flat)
  }
  const block = (name: string) => {
    if (PARAGRAPHS.has(name)) lines.breakLine(lists.length > 0 ? 1 : 2)
    else if (BLOCKS.has(name)) lines.breakLine(1)
  }

  return {
    text,
    end: lines.end,

    open(name: string, attributes: Record<string, string>) {
      if (silent > 0 || SILENT.has(name) || isHidden(attributes)) {
        silent++
        return
      }
      const before = lineBefore(name, attributes)
      if (before !== null) {
        lines.breakLine(1)
        lines.write(before)
        lines.breakLine(1)
      }
      block(name)
      if (name === 'br') lines.addBreak()
      if (name === 'blockquote') {
        blockquotes.push(!isIndentation(attributes))
        if (blockquotes.at(-1)) lines.quote(1)
      }
      if (name === 'pre') verbatim++
      if (name === 'ul') lists.push({ next: null })
      if (name === 'ol') lists.push({ next: 1 })
      if (name === 'li') lines.write(bullet(lists.at(-1)))
      if (name === 'hr') lines.write('---')
      if ((name === 'td' || name === 'th') && !lines.isAtStart()) lines.write(' ')
      if (name === 'a') anchors.push({ href: attributes.href ?? '', shown: '' })
      if (name === 'img') text(attributes.alt ?? '')
    },

    close(name: string) {
      if (silent > 0) {
        silent--
        return
      }
      if (name === 'a') lines.write(linkTarget(anchors.pop()))
      if (name === 'ul' || name === 'ol') lists.pop()
      if (name === 'pre') verbatim--
      block(name)
      if (name === 'blockquote' && blockquotes.pop()) lines.quote(-1)
    },
  }
}

function writeVerbatim(chunk: string, lines: ReturnType<typeof createLines>): void {
  const [first = '', ...rest] = chunk.split(/\r?\n/)
  lines.write(first)
  for (const line of rest) {
    lines.addBreak()
    lines.write(line)
  }
}

const isHidden = ({ style }: Record<string, string>) => style !== undefined && /display\s{0,9}:\s{0,9}none/i.test(style)

/** What editors make of an indented paragraph: somebody's own words. */
const isIndentation = ({ style, type, class: name }: Record<string, string>) =>
  type === undefined &&
  name === undefined &&
  style !== undefined &&
  /border(?:-left)?\s{0,9}:\s{0,9}(?:none|0|medium none)/i.test(style)

function bullet(list: { next: number | null } | undefined): string {
  return list?.next ? `${list.next++}. ` : '- '
}

function linkTarget(anchor: Anchor | undefined): string {
  if (anchor === undefined || !/^(https?|mailto):/i.test(anchor.href)) return ''
  const shown = anchor.shown.trim()
  const target = anchor.href.replace(/^mailto:/i, '')
  const bare = (url: string) => url.replace(/^https?:\/\//i, '').replace(/\/$/, '')
  return shown === '' || bare(shown) === bare(target) ? '' : ` <${target}>`
}

/** Linear: a tag may not hold another `<`, and is at most so long. */
function withoutTags(html: string): string {
  return html
    .replace(/<[^<>]{0,4096}>/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .trim()
}
