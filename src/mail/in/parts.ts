import { MailParser, type MailParserOptions } from 'mailparser'
import { HEADER_LIMITS } from './headers.ts'

/** R30: beyond either, a mail is not parsed but kept whole. */
const PART_LIMITS = { partsMax: 1_000, depthMax: 100 } as const

/** A node of the MIME tree. Leaves have their bytes, with the transfer encoding undone. */
export interface Part {
  contentType: string
  charset: string | null
  /** RFC 3676: lines were broken on the way, and can be joined again. */
  flowed: { deleteSpace: boolean } | null
  disposition: string | null
  filename: string | null
  contentId: string | null
  content: Uint8Array
  children: Part[]
}

/** What mailparser has read of the addresses and the subject, encoded words undone. */
export type DecodedHeaders = ReadonlyMap<string, unknown>

/** The MIME tree of a mail. Rejects beyond the limits, and for what mailparser cannot read. */
export async function readParts(raw: Uint8Array): Promise<{ root: Part; headers: DecodedHeaders }> {
  const parser = openParser()
  const contents = new Map<unknown, Uint8Array>()
  parser.end(raw)
  for await (const event of parser) {
    if (event.type !== 'attachment') continue
    const chunks: Uint8Array[] = []
    for await (const chunk of event.content) chunks.push(chunk)
    contents.set(event.headers, Buffer.concat(chunks))
    event.release()
  }
  if (!parser.tree) throw new Error('no parts')
  return { root: partFrom(parser.tree, contents, 1), headers: parser.tree.headers }
}

/** The parts of mailparser's state that are read here; its types leave them out. The version is pinned, and a test sees them. */
interface ParserState {
  textTypes: string[]
  tree: ParsedNode | false
}
interface ParsedNode {
  headers: Map<string, unknown>
  contentType: string | false
  children: ParsedNode[]
  node: {
    charset: string | false
    disposition: string | false
    filename: string | false
    flowed: boolean
    delSp: boolean
  }
}
/** Handed on to mailsplit, which does the splitting. */
interface SplitterOptions {
  ignoreEmbedded: boolean
  maxHeadSize: number
  maxChildNodes: number
}
interface PartEvent {
  type: string
  headers: unknown
  content: AsyncIterable<Uint8Array>
  release(): void
}

function openParser() {
  const options: MailParserOptions & SplitterOptions = {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
    keepDeliveryStatus: true,
    // A mail within the mail stays an attachment: its parts are not the sender's.
    ignoreEmbedded: true,
    maxHeadSize: HEADER_LIMITS.bytesMax,
    maxChildNodes: PART_LIMITS.partsMax,
  }
  // A border: see ParserState. With no text types every leaf comes as bytes, and its charset is decided here.
  const parser = new MailParser(options) as unknown as MailParser & ParserState & AsyncIterable<PartEvent>
  parser.textTypes = []
  return parser
}

function partFrom(parsed: ParsedNode, contents: ReadonlyMap<unknown, Uint8Array>, depth: number): Part {
  if (depth > PART_LIMITS.depthMax) throw new Error('too deep')
  const { node, headers } = parsed
  return {
    contentType: mediaType(parsed.contentType || ''),
    charset: node.charset || null,
    flowed: node.flowed ? { deleteSpace: node.delSp } : null,
    disposition: node.disposition || null,
    filename: node.filename || null,
    contentId: contentId(headers.get('content-id')),
    content: contents.get(headers) ?? new Uint8Array(),
    children: parsed.children.map((child) => partFrom(child, contents, depth + 1)),
  }
}

function mediaType(written: string): string {
  const type = written.trim().toLowerCase()
  if (type === '' || type === 'text') return 'text/plain'
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(type) ? type : 'application/octet-stream'
}

function contentId(value: unknown): string | null {
  return typeof value === 'string' ? value.replace(/[\s<>]+/g, '').slice(0, 998) || null : null
}
