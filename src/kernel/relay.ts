import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../db/client.ts'
import { prepareSql } from '../db/statement.ts'
import type { Instant } from './clock.ts'

/** One relay works at a time, in whichever process. */
const RELAY_LOCK = 7_261_001
const BATCH_MAX = 1_000
const POLL_MS = 250
/** After a commit others follow: a round costs a commit of its own, so it waits for company. */
const LINGER_MS = 15

const tryLock = prepareSql<object, { held: boolean }>()(
  () => sql`select pg_try_advisory_xact_lock(${sql.raw(String(RELAY_LOCK))}) as held`,
)
const anythingLeft = prepareSql<object, { left: boolean }>()(
  () => sql`select exists (select from feed_pending) or exists (select from outbox) as left`,
)

// Whoever committed later is numbered later: a reader's cursor never skips anybody.
const numberEvents = prepareSql<object, never>()(
  () => sql`with moved as (
    delete from feed_pending where position in (select position from feed_pending order by position limit ${sql.raw(String(BATCH_MAX))}) returning position, event_id
  )
  insert into feed (sequence, event_id)
    select coalesce((select max(sequence) from feed), 0) + row_number() over (order by position), event_id from moved order by position`,
)

const takeJobs = prepareSql<object, { position: number; queue: string; data: object; startAt: Instant }>()(
  () => sql`delete from outbox where position in (select position from outbox order by position limit ${sql.raw(String(BATCH_MAX))})
    returning position, queue, data, start_at as "startAt"`,
)

export interface QueuedJob {
  data: object
  startAt: Instant
}

export interface RelayParts {
  db: Db
  /** Writes jobs into the queue, in this transaction. */
  deliver(queue: string, jobs: QueuedJob[], tx: Pick<Tx, 'query'>): Promise<void>
  /** After the commit: somebody may be waiting for them. */
  delivered(queues: string[]): void
  onError(error: unknown): void
}

export interface Relay {
  /** Something was committed; moves it as soon as the round before is over. */
  wake(): void
  /** Moves everything there is; for tests and for stopping in order. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** Numbers events into the feed and hands outbox rows to the queue, in batches after the commit of those who wrote them. */
export function createRelay(parts: RelayParts): Relay {
  let round: Promise<boolean> | undefined
  let again = false
  let stopped = false
  let linger: NodeJS.Timeout | undefined

  const run = (): Promise<boolean> => {
    round ??= move(parts)
      .catch((error) => {
        parts.onError(error)
        return false
      })
      .then((more) => {
        round = undefined
        if (more && !stopped) void run()
        else if (again) relay.wake()
        again = false
        return more
      })
    return round
  }
  const poll = setInterval(() => void (round ?? run()), POLL_MS)
  poll.unref()

  const relay: Relay = {
    wake() {
      if (stopped) return
      if (round) again = true
      else
        linger ??= setTimeout(() => {
          linger = undefined
          void run()
        }, LINGER_MS)
    },
    async drain() {
      do await (round ?? run())
      while (await isLeft(parts.db))
    },
    async stop() {
      stopped = true
      clearInterval(poll)
      clearTimeout(linger)
      await round
    },
  }
  return relay
}

const isLeft = async (db: Db): Promise<boolean> => (await db.query(anythingLeft.bind({}))).rows[0]?.left ?? false

/** One batch; true when there may be more. */
async function move({ db, deliver, delivered }: RelayParts): Promise<boolean> {
  if (!(await isLeft(db))) return false
  const queues = new Map<string, QueuedJob[]>()
  const moved = await db.transaction(async (tx) => {
    const [lock] = (await tx.query(tryLock.bind({}))).rows
    if (!lock?.held) return 0
    const [numbered, taken] = await Promise.all([tx.query(numberEvents.bind({})), tx.query(takeJobs.bind({}))])
    for (const { queue, data, startAt } of taken.rows.sort((a, b) => a.position - b.position)) {
      const jobs = queues.get(queue)
      if (jobs) jobs.push({ data, startAt })
      else queues.set(queue, [{ data, startAt }])
    }
    for (const [queue, jobs] of queues) await deliver(queue, jobs, tx)
    await tx.commit()
    return Math.max(numbered.rowCount, taken.rows.length)
  })
  if (queues.size) delivered([...queues.keys()])
  return moved >= BATCH_MAX
}
