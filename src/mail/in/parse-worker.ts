import { parentPort } from 'node:worker_threads'
import type { InboundMail } from '../../domain/mail/schema.ts'
import { parseMail, parseMailFolder } from './parse.ts'
import type { RawMail } from './parser.ts'

/** The thread's side of `createParser`: raw mails in, plain values out, buffers handed over rather than copied. */
parentPort?.on('message', async (raws: RawMail[]) => {
  const mails: InboundMail[] = []
  for (const raw of raws) mails.push(ownContents(await read(raw)))
  const buffers = new Set(
    mails.flatMap(({ contents }) => contents.flatMap((one) => ('bytes' in one ? [one.bytes.buffer] : []))),
  )
  parentPort?.postMessage(
    mails,
    [...buffers].filter((buffer) => buffer instanceof ArrayBuffer),
  )
})

const read = (raw: RawMail): Promise<InboundMail> =>
  'folder' in raw ? parseMailFolder(raw.folder) : parseMail(raw.bytes)

const ownContents = (mail: InboundMail): InboundMail => ({
  ...mail,
  contents: mail.contents.map((content) => ('bytes' in content ? { bytes: unpooled(content.bytes) } : content)),
})

/** Small buffers share one pool, which cannot be handed over. */
const unpooled = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)

parentPort?.postMessage('ready')
