import { type Db as BossConnection, fromPglite, PgBoss } from 'pg-boss'
import type { Queue } from '../kernel/jobs.ts'
import type { QueuedJob, RelayParts } from '../kernel/relay.ts'

/** A job's handler. It may be called again for the same job: its ledger row says whether there is anything to do. */
type Handler = (data: never) => Promise<void>

/** How a queue is worked: how many jobs at once in this process. */
interface QueueWork {
  handle: Handler
  atOnce: number
}

export interface QueueParts {
  database: { url: string } | { pglite: Parameters<typeof fromPglite>[0] }
  queues: readonly Queue[]
  onError(error: unknown): void
}

const SETTINGS = {
  retryLimit: 10,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  // longer than any handler: the relay's patience with one mail is ten minutes
  expireInSeconds: 900,
  retentionSeconds: 14 * 24 * 3_600,
  deleteAfterSeconds: 3_600,
}
const POLL_SECONDS = 0.5
const CONNECTIONS_MAX = 4
const STOP_MS = 20_000
const NOBODY = '00000000-0000-0000-0000-000000000000'

export interface JobQueue {
  deliver: RelayParts['deliver']
  /** Wakes this process's workers; others poll. */
  wake(queues: readonly string[]): void
  work(handlers: Partial<Record<Queue, QueueWork>>): Promise<void>
  /** Finishes the jobs that run, and takes no more. */
  stop(): Promise<void>
  isUp(): boolean
}

/** pg-boss on the desk's own database: it runs, retries and buries what the relay hands to it. */
export async function openQueue({ database, queues, onError }: QueueParts): Promise<JobQueue> {
  const boss = new PgBoss(
    'url' in database
      ? { connectionString: database.url, max: CONNECTIONS_MAX, application_name: 'kontor-jobs' }
      : { db: fromPglite(database.pglite), backend: 'pglite' },
  )
  boss.on('error', onError)
  await boss.start()
  for (const queue of queues) {
    await boss.createQueue(queue, SETTINGS)
    // fills its cache: while it is cold, an insert inside a transaction of PGlite would wait for itself
    await boss.findJobs(queue, { id: NOBODY })
  }
  const workers = new Map<string, string[]>()
  let isUp = true

  return {
    isUp: () => isUp,
    async deliver(queue, jobs, tx) {
      await boss.insert(queue, jobs.map(jobRow), { db: connectionOf(tx) })
    },
    wake(names) {
      for (const name of names) for (const id of workers.get(name) ?? []) boss.notifyWorker(id)
    },
    async work(handlers) {
      for (const [queue, { handle, atOnce }] of Object.entries(handlers)) {
        const id = await boss.work<object>(
          queue,
          // a full batch is a backlog: the next one follows at once, or a restart would work off only some jobs a second
          { batchSize: atOnce, pollingIntervalSeconds: POLL_SECONDS, burstWhenBatchFull: true, perJobResults: true },
          async (jobs) => Promise.all(jobs.map((job) => settled(job, handle, onError))),
        )
        workers.set(queue, [id])
      }
    },
    async stop() {
      isUp = false
      await boss.stop({ graceful: true, timeout: STOP_MS })
    },
  }
}

/** One job's end does not decide another's. */
async function settled(job: { id: string; data: object }, handle: Handler, onError: (error: unknown) => void) {
  try {
    await handle(job.data as never) // the queue's own type
    return { id: job.id, status: 'completed' as const }
  } catch (error) {
    onError(error)
    return {
      id: job.id,
      status: 'failed' as const,
      output: { message: error instanceof Error ? error.message : String(error) },
    }
  }
}

const jobRow = ({ data, startAt }: QueuedJob) => ({ data, startAfter: new Date(startAt) })

type Connection = Parameters<RelayParts['deliver']>[2]

const connectionOf = (tx: Connection): BossConnection => ({
  executeSql: async (text: string, values: unknown[] = []) => ({ rows: (await tx.query({ text, values })).rows }),
})
