import { Buffer } from 'node:buffer'
import { type Handler, Parser } from 'htmlparser2'
import sanitize from 'sanitize-html'

/** Goes up with every change to what the sanitiser lets pass: HTML that an older one made is sanitised again (R34). */
export const SANITISER_VERSION = 1

/** Beyond any of these, HTML is not looked at: sanitize-html is quadratic in nesting, so the scan before it must be linear. */
export const HTML_LIMITS = { bytesMax: 1_048_576, depthMax: 256, tagsMax: 50_000 } as const
/** A dropped tag may change how its neighbours nest, and so what a parser makes of the rest: until nothing changes any more. */
const PASSES_MAX = 8
/** How much is parsed between two looks at the limits. */
const SLICE = 16_384

/** Their text is not text: it goes together with the tag. */
const DROPPED_WITH_CONTENT = ['script', 'style', 'title', 'noscript', 'template', 'textarea', 'option', 'select', 'xmp']
const DROPPED_FOREIGN = ['svg', 'math', 'iframe', 'object', 'noembed', 'noframes', 'plaintext', 'audio', 'video']
const DROPPED = new Set([...DROPPED_WITH_CONTENT, ...DROPPED_FOREIGN])

const OPTIONS: sanitize.IOptions = {
  // biome-ignore format: a list of names
  allowedTags: ['a', 'abbr', 'address', 'b', 'blockquote', 'br', 'caption', 'center', 'cite', 'code', 'col', 'colgroup',
    'dd', 'del', 'details', 'dfn', 'div', 'dl', 'dt', 'em', 'figcaption', 'figure', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
    'hr', 'i', 'img', 'ins', 'kbd', 'li', 'mark', 'ol', 'p', 'pre', 'q', 's', 'samp', 'small', 'span', 'strike', 'strong',
    'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'tt', 'u', 'ul', 'var'],
  allowedAttributes: {
    '*': ['dir', 'lang', 'align'],
    a: ['href', 'title', 'rel'],
    img: ['src', 'alt', 'title', 'width', 'height'],
    td: ['colspan', 'rowspan'],
    th: ['colspan', 'rowspan'],
    ol: ['start', 'type'],
  },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowedSchemesByTag: { img: ['cid'] },
  allowProtocolRelative: false,
  nonTextTags: [...DROPPED],
  // The library lets relative URLs pass, which mean nothing in a mail and anything on our page.
  transformTags: { a: foreignLink, img: ownImage },
  // Runs after the attributes were filtered: an image that lost its source was a remote one, and would tell who reads.
  exclusiveFilter: ({ tag, attribs }) => tag === 'img' && attribs.src === undefined,
}

/**
 * HTML that is safe to show (R34): an allow-list of tags, links to http, https and mailto only, images from the mail itself
 * (`cid:`) only. Null when it is beyond the limits. Sanitising twice gives the same as once.
 */
export function sanitiseHtml(html: string): string | null {
  let before = html
  for (let pass = 0; pass < PASSES_MAX && mayFit(before); pass++) {
    const after = sanitize(before, OPTIONS)
    if (after === before) return after
    before = after
  }
  return null
}

/** False where its text alone would be beyond the limits once it is escaped: what is nothing but marks costs the sanitiser most, for nothing. */
function mayFit(html: string): boolean {
  let dropped = 0
  let bytesMin = 0
  const within = walkHtml(html, {
    onopentag(name) {
      if (dropped > 0 || DROPPED.has(name)) dropped++
    },
    onclosetag() {
      if (dropped > 0) dropped--
    },
    ontext(text) {
      if (dropped === 0) bytesMin += text.replace(/[<>&]/g, '&lt;').length
    },
  })
  return within && bytesMin <= HTML_LIMITS.bytesMax
}

/** Feeds a handler with what the sanitiser's own parser sees; false as soon as the HTML turns out to be beyond the limits. */
export function walkHtml(html: string, handler: Partial<Handler>): boolean {
  if (Buffer.byteLength(html) > HTML_LIMITS.bytesMax) return false

  let depth = 0
  let tags = 0
  let within = true
  const parser = new Parser({
    ...handler,
    onopentag(name, attributes, implied) {
      depth++
      tags++
      within &&= depth <= HTML_LIMITS.depthMax && tags <= HTML_LIMITS.tagsMax
      if (within) handler.onopentag?.(name, attributes, implied)
    },
    onclosetag(name, implied) {
      depth--
      if (within) handler.onclosetag?.(name, implied)
    },
  })
  for (let at = 0; at < html.length && within; at += SLICE) parser.write(html.slice(at, at + SLICE))
  if (within) parser.end()
  return within
}

/** Text as HTML that shows exactly that text. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function foreignLink(tagName: string, { rel: _, href, ...attribs }: sanitize.Attributes): sanitize.Tag {
  if (href === undefined || !/^(https?|mailto):/i.test(href)) return { tagName, attribs }
  return { tagName, attribs: { ...attribs, href, rel: 'noopener noreferrer nofollow' } }
}

function ownImage(tagName: string, { src, ...attribs }: sanitize.Attributes): sanitize.Tag {
  return { tagName, attribs: src !== undefined && /^cid:/i.test(src) ? { src, ...attribs } : attribs }
}
