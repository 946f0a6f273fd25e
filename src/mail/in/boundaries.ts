const LF = 0x0a
const DASH = 0x2d
/** RFC 2046 §5.1.1 allows 70; some have more. */
const BOUNDARY_MAX = 200
const HEADER_BYTES_MAX = 65_536
const OPEN_MAX = 200

const BOUNDARY = new RegExp(
  `^content-type[ \\t]*:[ \\t]*multipart/[^\\n]{0,1000}?\\bboundary[ \\t]*=[ \\t]*(?:"([^"\\n]{1,${BOUNDARY_MAX}})"|([^\\s;"]{1,${BOUNDARY_MAX}}))`,
  'im',
)

/**
 * Closes every multipart that its sender forgot to close. An outer delimiter ends all that is inside (RFC 2046 §5.1.2), but
 * mailparser looks only one level up, and would take the rest of the mail for the text. Linear; the bytes are given back as they
 * are where nothing is missing.
 */
export function closeForgotten(raw: Uint8Array): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const pieces: Buffer[] = []
  let open: string[] = []
  let headerStart = 0
  let inHeader = true
  let copied = 0

  for (let start = 0; start < bytes.length && open.length < OPEN_MAX; ) {
    const end = bytes.indexOf(LF, start) + 1 || bytes.length
    if (inHeader && isBlank(bytes, start, end)) {
      inHeader = false
      const boundary = boundaryIn(
        bytes.toString('latin1', headerStart, Math.min(start, headerStart + HEADER_BYTES_MAX)),
      )
      if (boundary !== undefined) open.push(boundary)
    }
    const delimiter = delimiterAt(bytes, start, end, open)
    if (delimiter) {
      const forgotten = open.slice(delimiter.level + 1).reverse()
      if (forgotten.length > 0) {
        pieces.push(
          bytes.subarray(copied, start),
          Buffer.from(forgotten.map((one) => `--${one}--\r\n`).join(''), 'latin1'),
        )
        copied = start
      }
      open = open.slice(0, delimiter.closes ? delimiter.level : delimiter.level + 1)
      inHeader = !delimiter.closes
      headerStart = end
    }
    start = end
  }
  return pieces.length === 0 ? raw : Buffer.concat([...pieces, bytes.subarray(copied)])
}

function boundaryIn(header: string): string | undefined {
  const match = BOUNDARY.exec(header.replace(/\r?\n[ \t]+/g, ' '))
  return match?.[1]?.trimEnd() ?? match?.[2]
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  return end - start <= 2 && bytes.toString('latin1', start, end).trim() === ''
}

/** Which open multipart a line speaks of, and whether it ends it. */
function delimiterAt(bytes: Buffer, start: number, end: number, open: readonly string[]) {
  if (bytes[start] !== DASH || bytes[start + 1] !== DASH || end - start > BOUNDARY_MAX + 8) return undefined
  const line = bytes.toString('latin1', start + 2, end).trimEnd()
  const next = open.lastIndexOf(line)
  if (next !== -1) return { level: next, closes: false }
  const closed = line.endsWith('--') ? open.lastIndexOf(line.slice(0, -2)) : -1
  return closed === -1 ? undefined : { level: closed, closes: true }
}
