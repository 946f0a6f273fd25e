import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpoolFolder } from './spool-folder.ts'

const CR = 0x0d
const LF = 0x0a
const CRLF = Buffer.from('\r\n')

export interface Spool {
  /** Bytes kept so far. */
  size(): number
  write(chunk: Buffer): Promise<void>
  /** The content, complete. A file belongs to the spool: `remove` deletes it. */
  finish(): Promise<{ bytes: Buffer } | { path: string }>
  /** Forgets everything, also while it is written; may be called twice. */
  remove(): Promise<void>
}

/** Holds what is being received: in memory up to a limit, beyond it in a temporary file that only we can read. */
export function createSpool(memoryBytesMax: number, folder: Pick<SpoolFolder, 'make'>): Spool {
  let chunks: Buffer[] = []
  let size = 0
  let file: Awaited<ReturnType<typeof openFile>> | undefined

  return {
    size: () => size,

    async write(chunk) {
      size += chunk.length
      if (file) {
        await file.handle.appendFile(chunk)
        return
      }
      chunks.push(chunk)
      if (size <= memoryBytesMax) return
      file = await openFile(folder)
      await file.handle.appendFile(Buffer.concat(chunks))
      chunks = []
    },

    async finish() {
      if (!file) return { bytes: joined(chunks, size) }
      await file.handle.close()
      return { path: file.path }
    },

    async remove() {
      chunks = []
      const gone = file
      file = undefined
      if (!gone) return
      await gone.handle.close()
      await gone.remove()
    },
  }
}

/** In memory of its own: what lies in the pool of small buffers takes all of that with it wherever it is sent. */
function joined(chunks: readonly Buffer[], size: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const chunk of chunks) at += chunk.copy(whole, at)
  return whole
}

const HEAD_BYTES = 65_536

/** Writes a file that only we can read. Gives back its beginning. */
export async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const handle = await open(path, 'wx', 0o600)
  let head = Buffer.alloc(0)
  try {
    for await (const chunk of chunks) {
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)])
      await handle.appendFile(chunk)
    }
  } finally {
    await handle.close()
  }
  return head
}

async function openFile(folder: Pick<SpoolFolder, 'make'>) {
  const { path: own, remove } = await folder.make()
  const path = join(own, 'raw')
  return { handle: await open(path, 'wx', 0o600), path, remove }
}

/** Bare CR and LF become CRLF (RFC 5321 §2.3.8), so that no reader of the mail finds a line where we found none. */
export function createLineEnds(): { normalise(chunk: Buffer): Buffer; end(): Buffer } {
  let pendingCr = false

  return {
    normalise(chunk) {
      const joined = pendingCr ? Buffer.concat([CRLF.subarray(0, 1), chunk]) : chunk
      pendingCr = joined.at(-1) === CR
      const whole = pendingCr ? joined.subarray(0, -1) : joined
      return hasBareEnd(whole) ? withCrlf(whole) : whole
    },
    end: () => (pendingCr ? CRLF : Buffer.alloc(0)),
  }
}

function hasBareEnd(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) if (bytes[at - 1] !== CR) return true
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) if (bytes[at + 1] !== LF) return true
  return false
}

const withCrlf = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n'), 'latin1')

/** Watches the header block pass by: how long it is, and how many Received lines it has. */
export function createHeaderWatch(bytesMax: number): {
  feed(chunk: Buffer): void
  isTooLarge(): boolean
  received(): number
} {
  let parts: Buffer[] = []
  let tail = Buffer.alloc(0)
  let seen = 0
  let state: 'reading' | 'done' | 'too_large' = 'reading'
  let received = 0

  return {
    isTooLarge: () => state === 'too_large' || (state === 'reading' && seen > bytesMax),
    received: () => received,

    feed(chunk) {
      if (state !== 'reading') return
      const window = Buffer.concat([tail, chunk])
      const end = window.indexOf('\r\n\r\n')
      const length = end === -1 ? seen + chunk.length : seen - tail.length + end + 2
      seen += chunk.length
      parts.push(chunk)
      tail = window.subarray(-3)
      if (end === -1 && seen <= bytesMax + 2) return

      state = length > bytesMax ? 'too_large' : 'done'
      received =
        Buffer.concat(parts)
          .toString('latin1')
          .slice(0, length)
          .match(/^received[ \t]*:/gim)?.length ?? 0
      parts = []
    },
  }
}
