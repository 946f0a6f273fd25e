import { randomUUID } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobSource } from '../../kernel/blobs.ts'

/** Leaves of one mail that are in memory, together, where there is a folder for the rest. */
const MEMORY_BYTES_MAX = 4_194_304
const LEAF_BYTES_MAX = 1_048_576
/** What is kept at hand of leaves in files: of a text enough for a million characters, which is where texts are cut. */
const HEADS_BYTES_MAX = 8_388_608
const TEXT_HEAD_BYTES = 4_194_304
const HEAD_BYTES = 262_144
const WRITE_BYTES = 262_144

/** The bytes of one leaf of the MIME tree. */
export interface Leaf {
  /** All of it, or its beginning where the rest lies in a file. */
  content: Uint8Array
  size: number
  source: BlobSource
}

/** Takes the leaves of one mail; those that are too large for the memory become files in `folder`, which whoever made it removes. */
export function createLeaves(folder: string | undefined) {
  let inMemory = 0
  let inHeads = 0

  return async (content: AsyncIterable<Uint8Array>, isText: boolean): Promise<Leaf> => {
    const headBytes = Math.min(isText ? TEXT_HEAD_BYTES : HEAD_BYTES, HEADS_BYTES_MAX - inHeads)
    const chunks: Uint8Array[] = []
    let kept = 0
    let size = 0
    let file: LeafFile | undefined
    try {
      for await (const chunk of content) {
        size += chunk.length
        if (!file && folder && (size > LEAF_BYTES_MAX || inMemory + size > MEMORY_BYTES_MAX)) {
          file = await openFile(join(folder, randomUUID()))
          for (const one of chunks) await file.write(one)
        }
        await file?.write(chunk)
        if (file && kept >= headBytes) continue
        chunks.push(chunk)
        kept += chunk.length
      }
      await file?.flush()
    } finally {
      await file?.handle.close()
    }
    const bytes = Buffer.concat(chunks)
    if (!file) {
      inMemory += size
      return { content: bytes, size, source: { bytes } }
    }
    const head = Uint8Array.from(bytes.subarray(0, headBytes))
    inHeads += head.length
    return { content: head, size, source: { path: file.path } }
  }
}

interface LeafFile {
  handle: FileHandle
  path: string
  write(chunk: Uint8Array): Promise<void>
  flush(): Promise<void>
}

async function openFile(path: string): Promise<LeafFile> {
  const handle = await open(path, 'wx', 0o600)
  let waiting: Uint8Array[] = []
  let bytes = 0
  const flush = async () => {
    const [all, length] = [waiting, bytes]
    waiting = []
    bytes = 0
    if (length && (await handle.writev(all)).bytesWritten !== length)
      throw new Error('The disk took less than it was given')
  }
  return {
    handle,
    path,
    flush,
    async write(chunk) {
      waiting.push(chunk)
      bytes += chunk.length
      if (bytes >= WRITE_BYTES) await flush()
    },
  }
}
