import { createHash } from 'node:crypto'

const ENDS = ['\r\n\r\n', '\n\n'] as const
const TAIL_BYTES = 3

/** SHA-256 of what follows the header block, chunk by chunk: trace headers change from delivery to delivery, the body does not. */
export function createBodyHash(): { update(chunk: Uint8Array): void; digest(): string } {
  const hash = createHash('sha256')
  let tail: Buffer = Buffer.alloc(0)
  let inBody = false

  return {
    update(chunk) {
      if (inBody) {
        hash.update(chunk)
        return
      }
      const window = tail.length
        ? Buffer.concat([tail, chunk])
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      const [crlf, lf] = ENDS.map((end) => window.indexOf(end)) as [number, number]
      inBody = crlf >= 0 || lf >= 0
      if (!inBody) tail = Buffer.from(window.subarray(-TAIL_BYTES))
      else hash.update(window.subarray(crlf >= 0 && (lf < 0 || crlf < lf) ? crlf + 4 : lf + 2))
    },
    digest: () => hash.digest('hex'),
  }
}
