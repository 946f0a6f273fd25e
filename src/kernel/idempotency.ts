import { createHash } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import { jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Connection } from '../db/client.ts'
import { id, instant } from '../db/columns.ts'
import { build, prepare, prepareSql, rowOf } from '../db/statement.ts'
import type { Actor } from './actor.ts'
import { after, DAY_MS, type Instant } from './clock.ts'
import { Problem } from './problems.ts'
import { NEEDS_TRANSACTION } from './watching.ts'
import { withKey } from './write-set.ts'

const KEY = /^[\x20-\x7e]{1,255}$/

/** 1 to 255 printable ASCII characters. */
export const isIdempotencyKey = (key: unknown): key is string => typeof key === 'string' && KEY.test(key)

/** How long a key is remembered. */
const IDEMPOTENCY_KEPT_MS = DAY_MS

/** A key and the result of its one effect, written in the transaction of that effect. */
export const idempotencyKeys = withKey(
  pgTable(
    'idempotency_keys',
    {
      credential: id().notNull(),
      operation: text().notNull(),
      key: text().notNull(),
      requestHash: text().notNull(),
      result: jsonb().$type<unknown>(),
      createdAt: instant().notNull(),
    },
    (t) => [primaryKey({ columns: [t.credential, t.operation, t.key] })],
  ),
  'credential',
  'operation',
  'key',
)

export interface Claim {
  credential: string
  operation: string
  key: string
  requestHash: string
}

/** Scoped to credential and operation: another caller's equal key is another key. */
export function claimOf(actor: Actor, operation: string, key: string, input: unknown): Claim {
  const credential = actor.kind === 'person' ? (actor.apiKeyId ?? actor.id) : actor.id
  return { credential, operation, key, requestHash: createHash('sha256').update(canonical(input)).digest('base64url') }
}

/** The same members in another order are the same request. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value instanceof Uint8Array) return createHash('sha256').update(value).digest('base64url')
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

const tryLock = prepareSql<{ claim: string }, { free: boolean }>()(
  ($) => sql`select pg_try_advisory_xact_lock(hashtextextended(${$.claim}::text, 0)) as free`,
)

const earlier = prepare<{ credential: string; operation: string; key: string }>()(($) =>
  build
    .select(rowOf(idempotencyKeys))
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.credential, $.credential),
        eq(idempotencyKeys.operation, $.operation),
        eq(idempotencyKeys.key, $.key),
      ),
    ),
)

/** What is known of a key: its result, or a row that has had its day and is written anew. */
export interface Earlier {
  stored?: { result: unknown }
  expired?: typeof idempotencyKeys.$inferSelect | undefined
}

/** The earlier result of the same request, or nothing when this is the first. A key still at work is 409, another request's key 422. */
export async function earlierResult(tx: Connection, claim: Claim, now: Instant): Promise<Earlier> {
  const lock = tx.query(tryLock.bind({ claim: `${claim.credential} ${claim.operation} ${claim.key}` }))
  const stored = tx.query(earlier.bind(claim))
  const [{ rows: locks }, { rows }] = await Promise.all([lock, stored])
  if (!locks[0]?.free) throw new Problem('idempotency_in_progress', { retryAfterSeconds: 1 })
  const [row] = rows
  if (!row || row.createdAt < after(now, -IDEMPOTENCY_KEPT_MS)) return { expired: row }
  if (row.requestHash !== claim.requestHash) throw new Problem('idempotency_key_reused')
  return { stored: { result: row.result } }
}

/** The key of the table: whoever uses an Idempotency-Key without its lock is stopped by it when somebody was quicker. */
export const CLAIM_CONSTRAINT = 'idempotency_keys_credential_operation_key_pk'

/** The same for a run without locks: a key that was used before needs the lock. */
export async function unusedSoFar(connection: Connection, claim: Claim): Promise<Earlier> {
  if ((await connection.query(earlier.bind(claim))).rows.length) throw NEEDS_TRANSACTION
  return {}
}

const expire = prepareSql<{ before: Instant }, never>()(
  ($) => sql`delete from idempotency_keys where created_at < ${$.before}`,
)

/** Forgets what is older than a day. */
export const forgetExpiredKeys = async (tx: Pick<Connection, 'query'>, now: Instant): Promise<number> =>
  (await tx.query(expire.bind({ before: after(now, -IDEMPOTENCY_KEPT_MS) }))).rowCount
