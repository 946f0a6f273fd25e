import { Marked } from 'marked'
import { escapeHtml, sanitiseHtml } from './html.ts'
import { htmlToText } from './text.ts'

export type BodyFormat = 'text' | 'markdown' | 'html'

export interface Body {
  bodyText: string
  bodyHtml: string | null
}

/** Line breaks count, as everyone expects who writes into a text box. */
const markdown = new Marked({ gfm: true, breaks: true, async: false })
/** Markdown nests without closing anything, and its parser recurses: deeper than this is no prose. */
const NESTING = /^[ \t]*([>*+-][ \t]*){33}/m
/** Its parser is quadratic in a paragraph's marks and in the length of a word; these keep it under half a second. */
const MARKDOWN_LIMITS = { charactersMax: 131_072, wordMax: 5_000, workMax: 30_000_000 } as const

/**
 * What is kept of a body: text for everybody, and safe HTML where the format has any. Markdown keeps its source as the text.
 * What is beyond the limits is shown as escaped text.
 */
export function bodyFrom(format: BodyFormat, source: string): Body {
  const text = tidy(source)
  switch (format) {
    case 'text':
      return { bodyText: text, bodyHtml: null }
    case 'markdown':
      return { bodyText: text, bodyHtml: markdownToHtml(text) ?? escaped(text) }
    case 'html': {
      const bodyText = htmlToText(text)
      return { bodyText, bodyHtml: sanitiseHtml(text) ?? escaped(bodyText) }
    }
  }
}

/** Postgres keeps no NUL, and JSON no half of a surrogate pair. */
const tidy = (source: string) => source.replaceAll('\0', '').toWellFormed().replace(/\r\n?/g, '\n')

const escaped = (text: string) => `<pre>${escapeHtml(text)}</pre>`

function markdownToHtml(text: string): string | null {
  if (isTooComplex(text)) return null
  const html = markdown.parse(text)
  return typeof html === 'string' ? sanitiseHtml(html) : null
}

function isTooComplex(text: string): boolean {
  if (text.length > MARKDOWN_LIMITS.charactersMax || NESTING.test(text)) return true
  if (text.split(/\s/).some((word) => word.length > MARKDOWN_LIMITS.wordMax)) return true

  const work = text
    .split(/\n[ \t]*\n/)
    .reduce((sum, paragraph) => sum + paragraph.length * (paragraph.match(/[*_~`[\]!<&\\]/g)?.length ?? 0), 0)
  return work > MARKDOWN_LIMITS.workMax
}
