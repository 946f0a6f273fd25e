import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { sql } from 'drizzle-orm'
import { bigint, integer, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import type { Connection } from '../db/client.ts'
import { bytes, id, instant } from '../db/columns.ts'
import { prepareSql } from '../db/statement.ts'
import type { Instant } from './clock.ts'

/** Bytes by their SHA-256, in the database so that a commit and a backup hold everything. */
export const blobs = pgTable('blobs', {
  sha256: id().primaryKey(),
  size: bigint({ mode: 'number' }).notNull(),
  createdAt: instant().notNull(),
})

export const blobChunks = pgTable(
  'blob_chunks',
  { sha256: id().notNull(), n: integer().notNull(), bytes: bytes().notNull() },
  (t) => [primaryKey({ columns: [t.sha256, t.n] })],
)

const CHUNK_BYTES = 256 * 1024
const CHUNKS_A_STATEMENT = 4

/** Bytes in memory, or a file that holds them: what is larger than a mebibyte is not kept in memory. */
export type BlobSource = { bytes: Uint8Array } | { path: string }

const put = prepareSql<{ sha256: string; size: number; now: Instant }, { sha256: string }>()(
  ($) =>
    sql`insert into blobs (sha256, size, created_at) values (${$.sha256}, ${$.size}, ${$.now}) on conflict do nothing returning sha256`,
)

const putChunks = prepareSql<{ sha256: string; ns: number[]; chunks: Uint8Array[] }, never>()(
  ($) =>
    sql`insert into blob_chunks (sha256, n, bytes) select ${$.sha256}, n, bytes from unnest(${$.ns}::int[], ${$.chunks}::bytea[]) as c(n, bytes)`,
)

/** Stores bytes in the caller's transaction, once for equal bytes. Chunks bypass the write set: one statement a batch. */
export async function putBlob(
  connection: Pick<Connection, 'query'>,
  source: BlobSource,
  now: Instant,
): Promise<{ sha256: string; size: number }> {
  const { sha256, size } = await digest(source)
  const { rows } = await connection.query(put.bind({ sha256, size, now }))
  if (!rows.length) return { sha256, size }

  let n = 0
  let batch: { n: number; chunk: Uint8Array }[] = []
  const flush = async () => {
    if (!batch.length) return
    await connection.query(
      putChunks.bind({ sha256, ns: batch.map((part) => part.n), chunks: batch.map((part) => part.chunk) }),
    )
    batch = []
  }
  for await (const chunk of chunksOf(source)) {
    batch.push({ n: n++, chunk })
    if (batch.length === CHUNKS_A_STATEMENT) await flush()
  }
  await flush()
  return { sha256, size }
}

async function digest(source: BlobSource): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of chunksOf(source)) {
    hash.update(chunk)
    size += chunk.length
  }
  return { sha256: hash.digest('hex'), size }
}

async function* chunksOf(source: BlobSource): AsyncGenerator<Uint8Array> {
  if ('bytes' in source) {
    for (let at = 0; at < source.bytes.length; at += CHUNK_BYTES) yield source.bytes.subarray(at, at + CHUNK_BYTES)
    return
  }
  const file = await open(source.path)
  try {
    for (;;) {
      const chunk = Buffer.alloc(CHUNK_BYTES)
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES)
      if (!bytesRead) return
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

const chunkAt = prepareSql<{ sha256: string; n: number }, { bytes: Uint8Array }>()(
  ($) => sql`select bytes from blob_chunks where sha256 = ${$.sha256} and n = ${$.n}`,
)

/** The bytes, chunk by chunk, so that no large blob is in memory at once. */
export async function* readBlob(db: Connection, sha256: string): AsyncGenerator<Uint8Array> {
  for (let n = 0; ; n++) {
    const [row] = (await db.query(chunkAt.bind({ sha256, n }))).rows
    if (!row) return
    yield row.bytes
    if (row.bytes.length < CHUNK_BYTES) return
  }
}

/** All bytes at once, for what is parsed or sent whole. */
export async function readWholeBlob(db: Connection, sha256: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of readBlob(db, sha256)) parts.push(chunk)
  return Buffer.concat(parts)
}
