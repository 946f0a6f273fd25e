import { randomInt } from 'node:crypto'
import { adoptWork } from '../domain/workers/adopt-work.ts'
import { leave } from '../domain/workers/leave.ts'
import type { Session } from '../kernel/desk.ts'

/** How long a worker that is gone is not missed. */
const LOOK_MS = 2_000
const KEY_MAX = 2 ** 31 - 1

export interface PresenceParts {
  desk: Session
  workerId: string
  embedded: boolean
  /** Takes a session's lock that ends with this process; undefined when somebody has it. */
  holdLock(key: number, onLost: () => void): Promise<(() => Promise<void>) | undefined>
  onError(error: unknown): void
}

/** Says that this worker lives, and takes over what others left that do not. Its first look is over when it answers. */
export async function announcePresence({
  desk,
  workerId,
  embedded,
  holdLock,
  onError,
}: PresenceParts): Promise<{ stop(): Promise<void> }> {
  const lockKey = randomInt(KEY_MAX)
  let release: (() => Promise<void>) | undefined
  const look = async () => {
    // without the lock others would take us for gone, and do our work twice
    release ??= await holdLock(lockKey, () => {
      release = undefined
    })
    if (release) await desk.execute(adoptWork, { workerId, lockKey, embedded })
  }
  await look()

  let looking: Promise<void> | undefined
  const timer = setInterval(() => {
    looking ??= look()
      .catch(onError)
      .finally(() => {
        looking = undefined
      })
  }, LOOK_MS)
  timer.unref()

  return {
    async stop() {
      clearInterval(timer)
      await looking
      await desk.execute(leave, { workerId })
      await release?.()
    },
  }
}
