import { createHash, hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { bigint, integer, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import type { Connection } from '../db/client.ts'
import { bytes, id, instant } from '../db/columns.ts'
import { prepareSql, type Sql } from '../db/statement.ts'
import type { Instant } from './clock.ts'
import type { CommandContext } from './context.ts'
import { withKey } from './write-set.ts'

/** Bytes by their SHA-256, in the database so that a commit and a backup hold everything. */
export const blobs = pgTable('blobs', {
  sha256: id().primaryKey(),
  size: bigint({ mode: 'number' }).notNull(),
  createdAt: instant().notNull(),
})

export const blobChunks = withKey(
  pgTable('blob_chunks', { sha256: id().notNull(), n: integer().notNull(), bytes: bytes().notNull() }, (t) => [
    primaryKey({ columns: [t.sha256, t.n] }),
  ]),
  'sha256',
  'n',
)

const CHUNK_BYTES = 256 * 1024
const CHUNKS_A_STATEMENT = 4
const BATCH_BYTES = CHUNKS_A_STATEMENT * CHUNK_BYTES

/** Bytes in memory, or a file that holds them: what is larger than a mebibyte is not kept in memory. */
export type BlobSource = { bytes: Uint8Array } | { path: string }

// one statement for what is small: the blob, unless it is there already, and its first chunks
const put = prepareSql<{ sha256: string; size: number; now: Instant } & Chunks, { n: number }>()(
  ($) => sql`with made as (
    insert into blobs (sha256, size, created_at) values (${$.sha256}, ${$.size}, ${$.now}) on conflict do nothing returning sha256
  )
  insert into blob_chunks (sha256, n, bytes) select made.sha256, c.n, c.bytes from made, ${chunkRows($)} as c(n, bytes)
    where c.bytes is not null returning n`,
)

// one by one: the driver copies a statement with several of them several times
const putMore = prepareSql<{ sha256: string; n: number; bytes: Uint8Array }, never>()(
  ($) => sql`insert into blob_chunks (sha256, n, bytes) values (${$.sha256}, ${$.n}, ${$.bytes})`,
)

/** Chunks of one statement, each a parameter of its own: in an array the driver would send them as text, twice as long. */
interface Chunks {
  a: Uint8Array | undefined
  b: Uint8Array | undefined
  c: Uint8Array | undefined
  d: Uint8Array | undefined
}
function chunkRows($: Record<keyof Chunks, SQLWrapper>): SQL {
  return sql`(values (0, ${$.a}::bytea), (1, ${$.b}::bytea), (2, ${$.c}::bytea), (3, ${$.d}::bytea))`
}
const chunksFrom = ([a, b, c, d]: readonly Uint8Array[]): Chunks => ({ a, b, c, d })

/** A command's transaction. */
interface Writing {
  query: Connection['query']
  send(statement: Sql): void
}

/** What bytes are kept under. */
interface Digest {
  sha256: string
  size: number
}

/**
 * Stores bytes in the caller's transaction, once for equal bytes; `known` is their digest where the caller has it. Chunks bypass the
 * write set: up to four in a statement.
 */
export async function putBlob(connection: Writing, source: BlobSource, now: Instant, known?: Digest): Promise<Digest> {
  const { sha256, size } = known ?? (await digestOf(source))
  const chunks = chunksOf(source)
  const first = put.bind({ sha256, size, now, ...chunksFrom(await firstOf(chunks)) })
  if (size <= BATCH_BYTES) {
    await chunks.return(undefined)
    connection.send(first)
    return { sha256, size }
  }
  const { rows } = await connection.query(first)
  if (!rows.length) await chunks.return(undefined)
  let n = CHUNKS_A_STATEMENT
  for await (const bytes of chunks) await connection.query(putMore.bind({ sha256, n: n++, bytes }))
  return { sha256, size }
}

/** Stores small bytes with all else that a command writes, once for equal bytes; `digest` is theirs. */
export function insertBlob(
  { insertMissing, now }: Pick<CommandContext, 'insertMissing' | 'now'>,
  bytes: Uint8Array,
  { sha256, size }: Digest,
): void {
  insertMissing(blobs, { sha256, size, createdAt: now })
  for (let n = 0; n * CHUNK_BYTES < size; n++)
    insertMissing(blobChunks, { sha256, n, bytes: bytes.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES) })
}

async function firstOf(chunks: AsyncGenerator<Uint8Array>): Promise<Uint8Array[]> {
  const first: Uint8Array[] = []
  while (first.length < CHUNKS_A_STATEMENT) {
    const { value, done } = await chunks.next()
    if (done) break
    first.push(value)
  }
  return first
}

/** The SHA-256 of bytes, and how many they are. */
export async function digestOf(source: BlobSource): Promise<Digest> {
  if ('bytes' in source) return { sha256: hash('sha256', source.bytes), size: source.bytes.length }
  const summed = createHash('sha256')
  let size = 0
  for await (const chunk of chunksOf(source)) {
    summed.update(chunk)
    size += chunk.length
  }
  return { sha256: summed.digest('hex'), size }
}

/** The bytes of a file in chunks that stand in the same few buffers: each is gone when four more were asked for. */
async function* chunksOf(source: BlobSource): AsyncGenerator<Uint8Array, undefined> {
  if ('bytes' in source) {
    for (let at = 0; at < source.bytes.length; at += CHUNK_BYTES) yield source.bytes.subarray(at, at + CHUNK_BYTES)
    return
  }
  const file = await open(source.path)
  const buffers: Buffer[] = []
  try {
    for (let n = 0; ; n = (n + 1) % CHUNKS_A_STATEMENT) {
      const buffer = buffers[n] ?? Buffer.alloc(CHUNK_BYTES)
      buffers[n] = buffer
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES)
      if (!bytesRead) return
      yield buffer.subarray(0, bytesRead)
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
