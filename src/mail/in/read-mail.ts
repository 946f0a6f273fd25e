import { createHash } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InboundMail } from '../../domain/mail/schema.ts'
import { createBodyHash } from './body-hash.ts'
import { classify } from './classify.ts'
import type { Parser, RawMail } from './parser.ts'
import type { SpoolFolder } from './spool-folder.ts'

/** What is larger is read from a file, one at a time (R73). */
export const SMALL_BYTES_MAX = 1_048_576

/** What a raw message is: a plain value, and the hash of what makes it itself. */
export interface ReadMail {
  mail: InboundMail
  contentHash: string
}

/** A raw message as a plain value. `mailFrom` undefined: Return-Path stands in. */
export async function readMail(parser: Parser, raw: RawMail, mailFrom: string | undefined): Promise<ReadMail> {
  // before the bytes are handed over
  const bodyHash = 'bytes' in raw ? bodyHashOf(raw.bytes) : await bodyHashIn(join(raw.folder, 'raw'))
  const parsed = await parser.parse(raw)
  const automation = classify({ ...parsed, from: parsed.from?.address ?? null, mailFrom })
  const mail = storable({ ...parsed, ...automation })
  return { mail, contentHash: contentHashOf(mail, bodyHash) }
}

/**
 * What the sender's own client wrote: it is the same on every way that a mail takes, while trace headers change. More than R62 asks:
 * an answer to another mail, or to other people, is another mail even with a used Message-ID and the same words.
 */
function contentHashOf(mail: InboundMail, bodyHash: string): string {
  const { from, to, cc, date, subject, messageId, inReplyTo, references } = mail
  const written = [from?.address ?? '', to, cc, date, subject, messageId, inReplyTo, references, bodyHash]
  return createHash('sha256').update(JSON.stringify(written)).digest('hex')
}

/** The same for a message at hand of which nothing is kept; a large one goes through a file all the same. */
export async function readOnce(
  { parser, spool }: { parser: Parser; spool: SpoolFolder },
  bytes: Uint8Array,
  mailFrom: string | undefined,
): Promise<ReadMail> {
  if (bytes.length <= SMALL_BYTES_MAX) return readMail(parser, { bytes }, mailFrom)
  const { path: folder, remove } = await spool.make()
  try {
    await writeFile(join(folder, 'raw'), bytes, { mode: 0o600 })
    return await readMail(parser, { folder, size: bytes.length }, mailFrom)
  } finally {
    await remove()
  }
}

function bodyHashOf(bytes: Uint8Array): string {
  const hash = createBodyHash()
  hash.update(bytes)
  return hash.digest()
}

const CHUNK_BYTES = 262_144

async function bodyHashIn(path: string): Promise<string> {
  const hash = createBodyHash()
  const buffer = Buffer.alloc(CHUNK_BYTES)
  const file = await open(path)
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES)
      if (!bytesRead) return hash.digest()
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

const LIST_MAX = 1_000

/** Postgres keeps no NUL and JSON no half of a surrogate pair: a mail is never refused for one. */
function storable<T>(value: T): T {
  if (typeof value === 'string')
    return value.includes('\0') || !value.isWellFormed() ? (value.replaceAll('\0', '').toWellFormed() as T) : value
  if (value instanceof Uint8Array || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.slice(0, LIST_MAX).map(storable) as T
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, storable(member)])) as T // the same members
}
