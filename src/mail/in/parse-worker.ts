import { parentPort } from 'node:worker_threads'
import { parseMail } from './parse.ts'

/** The thread's side of `createParser`: raw mail in, plain value out, buffers handed over rather than copied. */
parentPort?.on('message', async (raw: Uint8Array) => {
  const mail = await parseMail(raw)
  // Small buffers share one pool, which cannot be handed over.
  const contents = mail.contents.map((content) =>
    content.byteLength === content.buffer.byteLength ? content : Uint8Array.from(content),
  )
  const transfer = [...new Set(contents.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer)
  parentPort?.postMessage({ ...mail, contents }, transfer)
})

parentPort?.postMessage('ready')
