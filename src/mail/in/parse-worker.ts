import { parentPort } from 'node:worker_threads'
import { parseMail, parseMailFolder } from './parse.ts'
import type { RawMail } from './parser.ts'

/** The thread's side of `createParser`: raw mail in, plain value out, buffers handed over rather than copied. */
parentPort?.on('message', async (raw: RawMail) => {
  const mail = 'folder' in raw ? await parseMailFolder(raw.folder) : await parseMail(raw.bytes)
  const contents = mail.contents.map((content) => ('bytes' in content ? { bytes: unpooled(content.bytes) } : content))
  const buffers = new Set(contents.flatMap((content) => ('bytes' in content ? [content.bytes.buffer] : [])))
  parentPort?.postMessage(
    { ...mail, contents },
    [...buffers].filter((buffer) => buffer instanceof ArrayBuffer),
  )
})

/** Small buffers share one pool, which cannot be handed over. */
const unpooled = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)

parentPort?.postMessage('ready')
