import { Readable } from 'node:stream'
import { MailParser, type MailParserOptions } from 'mailparser'
import { HEADER_LIMITS } from './headers.ts'
import { createLeaves, type Leaf } from './leaf.ts'

/** R30: beyond either, a mail is not parsed but kept whole. */
const PART_LIMITS = { partsMax: 1_000, depthMax: 100 } as const

/** A node of the MIME tree. Leaves have their bytes, with the transfer encoding undone. */
export interface Part extends Leaf {
  contentType: string
  charset: string | null
  /** RFC 3676: lines were broken on the way, and can be joined again. */
  flowed: { deleteSpace: boolean } | null
  disposition: string | null
  filename: string | null
  contentId: string | null
  children: Part[]
}

/** What mailparser has read of the addresses and the subject, encoded words undone. */
export type DecodedHeaders = ReadonlyMap<string, unknown>

/**
 * The MIME tree of a mail, from all its bytes or chunk by chunk; large leaves go to files in `folder`. Rejects beyond the limits, and
 * for what mailparser cannot read.
 */
export async function readParts(
  raw: Uint8Array | AsyncIterable<Uint8Array>,
  folder?: string,
): Promise<{ root: Part; headers: DecodedHeaders }> {
  const parser = openParser()
  const takeLeaf = createLeaves(folder)
  const contents = new Map<unknown, Leaf>()
  if (raw instanceof Uint8Array) parser.end(raw)
  else feed(parser, raw)
  for await (const event of parser) {
    if (event.type !== 'attachment') continue
    contents.set(event.headers, await takeLeaf(event.content, /^text\//i.test(event.contentType ?? '')))
    event.release()
  }
  if (!parser.tree) throw new Error('no parts')
  return { root: partFrom(parser.tree, contents, 1), headers: parser.tree.headers }
}

/**
 * The same of a mail that is one text as it stands: its header goes through mailparser, its body needs nothing, and to look at each line for a
 * delimiter would take as long as all of the header.
 */
export async function readPlain(head: Uint8Array, body: Uint8Array): ReturnType<typeof readParts> {
  const { root, headers } = await readParts(head)
  return { root: { ...root, content: body, size: body.length, source: { bytes: body } }, headers }
}

/** As fast as the parser takes it. What fails on the way fails the parser, which is what is waited for. */
function feed(parser: MailParser, chunks: AsyncIterable<Uint8Array>): void {
  const source = Readable.from(chunks, { objectMode: false, highWaterMark: FEED_BYTES })
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
}

const FEED_BYTES = 262_144

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
  contentType?: string
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

function partFrom(parsed: ParsedNode, contents: ReadonlyMap<unknown, Leaf>, depth: number): Part {
  if (depth > PART_LIMITS.depthMax) throw new Error('too deep')
  const { node, headers } = parsed
  return {
    contentType: mediaType(parsed.contentType || ''),
    charset: node.charset || null,
    flowed: node.flowed ? { deleteSpace: node.delSp } : null,
    disposition: node.disposition || null,
    filename: node.filename || null,
    contentId: contentId(headers.get('content-id')),
    ...(contents.get(headers) ?? NOTHING),
    children: parsed.children.map((child) => partFrom(child, contents, depth + 1)),
  }
}

const NOTHING: Leaf = { content: new Uint8Array(), size: 0, source: { bytes: new Uint8Array() } }

function mediaType(written: string): string {
  const type = written.trim().toLowerCase()
  if (type === '' || type === 'text') return 'text/plain'
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(type) ? type : 'application/octet-stream'
}

function contentId(value: unknown): string | null {
  return typeof value === 'string' ? value.replace(/[\s<>]+/g, '').slice(0, 998) || null : null
}
