const LF = 0x0a
const DASH = 0x2d
/** RFC 2046 §5.1.1 allows 70; some have more. */
const BOUNDARY_MAX = 200
const HEADER_CHARACTERS_MAX = 65_536
const OPEN_MAX = 200
/** A line that is longer without an end is handed on in pieces: it can be no delimiter. */
const LINE_BYTES_MAX = 65_536

const BOUNDARY = new RegExp(
  `^content-type[ \\t]*:[ \\t]*multipart/[^\\n]{0,1000}?\\bboundary[ \\t]*=[ \\t]*(?:"([^"\\n]{1,${BOUNDARY_MAX}})"|([^\\s;"]{1,${BOUNDARY_MAX}}))`,
  'im',
)

/** The bytes with every forgotten end put in; as they are where nothing is missing. */
export function closeForgotten(raw: Uint8Array): Uint8Array {
  const closer = createBoundaryCloser()
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const closed = [...closer.push(bytes), ...closer.end()]
  return closer.hasClosed() ? Buffer.concat(closed) : raw
}

/**
 * Closes every multipart that its sender forgot to close. An outer delimiter ends all that is inside (RFC 2046 §5.1.2), but
 * mailparser looks only one level up, and would take the rest of the mail for the text. Linear, and holds no more than a line.
 */
export function createBoundaryCloser(): { push(chunk: Buffer): Buffer[]; end(): Buffer[]; hasClosed(): boolean } {
  let open: string[] = []
  let inHeader = true
  let header = ''
  let rest: Buffer = Buffer.alloc(0)
  let isMidLine = false
  let closed = false

  /** What has to stand before this line. */
  const missingBefore = (line: Buffer): Buffer | undefined => {
    if (inHeader && isBlank(line)) {
      inHeader = false
      const boundary = boundaryIn(header)
      if (boundary !== undefined) open.push(boundary)
    } else if (inHeader && header.length < HEADER_CHARACTERS_MAX) {
      header += line.toString('latin1', 0, HEADER_CHARACTERS_MAX)
    }
    const delimiter = delimiterAt(line, open)
    if (!delimiter) return
    const forgotten = open.slice(delimiter.level + 1).reverse()
    open = open.slice(0, delimiter.closes ? delimiter.level : delimiter.level + 1)
    inHeader = !delimiter.closes
    header = ''
    return forgotten.length === 0 ? undefined : Buffer.from(forgotten.map((one) => `--${one}--\r\n`).join(''), 'latin1')
  }
  const pass = (bytes: Buffer, isLast: boolean): Buffer[] => {
    const pieces: Buffer[] = []
    let copied = 0
    let start = 0
    while (start < bytes.length && open.length < OPEN_MAX) {
      const end = bytes.indexOf(LF, start) + 1
      if (end === 0 && !isLast && bytes.length - start <= LINE_BYTES_MAX) break
      const line = bytes.subarray(start, end || bytes.length)
      const missing = isMidLine ? undefined : missingBefore(line)
      if (missing) {
        pieces.push(bytes.subarray(copied, start), missing)
        copied = start
        closed = true
      }
      isMidLine = end === 0
      start += line.length
    }
    if (open.length >= OPEN_MAX) start = bytes.length
    pieces.push(bytes.subarray(copied, start))
    rest = bytes.subarray(start)
    return pieces
  }

  return {
    push(chunk) {
      if (!rest.length) return pass(chunk, false)
      // only the line that was cut is copied
      const end = chunk.indexOf(LF) + 1 || chunk.length
      const first = pass(Buffer.concat([rest, chunk.subarray(0, end)]), false)
      return end === chunk.length ? first : [...first, ...pass(chunk.subarray(end), false)]
    },
    end: () => pass(rest, true),
    hasClosed: () => closed,
  }
}

function boundaryIn(header: string): string | undefined {
  const match = BOUNDARY.exec(header.replace(/\r?\n[ \t]+/g, ' '))
  return match?.[1]?.trimEnd() ?? match?.[2]
}

const isBlank = (line: Buffer): boolean => line.length <= 2 && line.toString('latin1').trim() === ''

/** Which open multipart a line speaks of, and whether it ends it. */
function delimiterAt(line: Buffer, open: readonly string[]) {
  if (line[0] !== DASH || line[1] !== DASH || line.length > BOUNDARY_MAX + 8) return undefined
  const text = line.toString('latin1', 2).trimEnd()
  const next = open.lastIndexOf(text)
  if (next !== -1) return { level: next, closes: false }
  const closed = text.endsWith('--') ? open.lastIndexOf(text.slice(0, -2)) : -1
  return closed === -1 ? undefined : { level: closed, closes: true }
}
