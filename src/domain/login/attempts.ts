import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { MINUTE_MS, SECOND_MS } from '../../kernel/clock.ts'
import { Problem } from '../../kernel/problems.ts'

/** R7: so many failures of one account, or from one network address, in a quarter of an hour. */
const OF_ACCOUNT = 10
const OF_PEER = 50
const WINDOW_MS = 15 * MINUTE_MS

/** One that was let through, until it is known how it ends. */
export interface Attempt {
  marks: { key: string; mark: string }[]
}

// One statement, and the row's lock: of a hundred at once as many are let through as of a hundred in a row. By the database's clock,
// which all processes share.
const take = prepareSql<
  { key: string; max: number; seconds: number },
  { open: boolean; mark: string; waitMs: number }
>()(
  ($) => sql`insert into login_attempts as kept (key, at, open, updated_at)
    values (${$.key}, array[clock_timestamp()::text], true, clock_timestamp())
    on conflict (key) do update set (at, open, updated_at) = (
      select case when count(*) < ${$.max}::int then coalesce(array_agg(each order by each::timestamptz), '{}') || clock_timestamp()::text
          else array_agg(each order by each::timestamptz) end,
        count(*) < ${$.max}::int, clock_timestamp()
      from unnest(kept.at) as each where each::timestamptz > clock_timestamp() - make_interval(secs => ${$.seconds}::int))
    returning open, at[cardinality(at)] as mark,
      ceil(extract(epoch from at[1]::timestamptz + make_interval(secs => ${$.seconds}::int) - clock_timestamp()) * 1000)::int as "waitMs"`,
)

/**
 * Takes a place before a secret is looked at: it counts as failed until `forgive`. Whether there is such an account changes nothing.
 * Throws 429 `rate_limited`; then nothing was looked at.
 */
export async function takeAttempt(db: Connection, account: string, peer: string | null): Promise<Attempt> {
  const marks: Attempt['marks'] = []
  const keys = [
    ...(peer === null ? [] : [{ key: peerKey(peer), max: OF_PEER }]),
    { key: accountKey(account), max: OF_ACCOUNT },
  ]
  for (const { key, max } of keys) {
    const [row] = (await db.query(take.bind({ key, max, seconds: WINDOW_MS / SECOND_MS }))).rows
    if (!row?.open) {
      await forgive(db, { marks }) // nothing was looked at
      throw new Problem('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil((row?.waitMs ?? 0) / SECOND_MS)) })
    }
    marks.push({ key, mark: row.mark })
  }
  return { marks }
}

const giveBack = prepareSql<{ key: string; mark: string }, never>()(
  ($) => sql`update login_attempts set at = array_remove(at, ${$.mark}) where key = ${$.key}`,
)

/** It did not fail. Earlier failures stay: who knows one password may be guessing another one. */
export async function forgive(db: Connection, { marks }: Attempt): Promise<void> {
  for (const mark of marks) await db.query(giveBack.bind(mark))
}

const accountKey = (account: string): string => `a:${createHash('sha256').update(account).digest('base64url')}`

/** Under which the attempts of an address are kept, to log in and to have a new password. */
export const attemptKeys = (address: string): string[] => [address, resetOf(address)].map(accountKey)

/** What asks for a new password for an address are counted by. */
export const resetOf = (address: string): string => `reset ${address}`

/** Of IPv6 the network: one household has 2^64 addresses. */
const peerKey = (peer: string): string => `p:${isIPv6(peer) ? networkOf(peer) : peer}`

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail?.split(':').filter(Boolean) ?? []
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

const expire = prepareSql<{ seconds: number }, never>()(
  ($) =>
    sql`delete from login_attempts where updated_at < clock_timestamp() - make_interval(secs => ${$.seconds}::int)`,
)

/** Forgets what counts no more. */
export const forgetAttempts = async (tx: Pick<Connection, 'query'>): Promise<number> =>
  (await tx.query(expire.bind({ seconds: WINDOW_MS / SECOND_MS }))).rowCount
