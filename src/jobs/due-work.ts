import type { Query, Session } from '../kernel/desk.ts'
import type { Due } from '../kernel/due.ts'
import type { NoInput } from '../kernel/schema.ts'

/** Nothing that is due is further away than a new one may be. */
const LOOK_MS = 500

type OnError = (error: unknown) => void

/** What looks for what is due, does it, and answers after how many milliseconds to look again. */
type Look = (isStopped: () => boolean) => Promise<number>

/** Does what is due, to the moment: it looks twice a second, and wakes for what is due in between. */
function startLooking(doDue: Look, onError: OnError): { stop(): Promise<void> } {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> | undefined

  const look = async () => {
    const waitMs = await doDue(() => stopped).catch((error) => {
      onError(error)
      return LOOK_MS
    })
    if (!stopped) rest(waitMs)
  }
  const rest = (ms: number) => {
    timer = setTimeout(() => {
      round = look()
    }, ms)
    timer.unref()
  }
  rest(0)

  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await round
    },
  }
}

/** What is due, and held by a command just now. */
const AGAIN_MS = 100
const AT_ONCE = 4

/** Does what is due on one, and answers how much that was. It may throw. */
type Act = (desk: Session, id: string, onError: OnError) => Promise<number>

/**
 * Work that has its moment: what is due, and who does it. `start` does it for as long as it is not stopped; `round` does what is due now, some
 * at once, and answers after how many milliseconds to look again. One that breaks is told, tried again with the next look, and keeps no other.
 */
export function dueWork(due: Query<typeof NoInput, Due>, act: Act) {
  const round = async (desk: Session, onError: OnError, isStopped = () => false): Promise<number> => {
    const { ids, nextInMs } = await desk.read(due, {})
    const waiting = shuffled(ids)
    let done = 0
    const work = async () => {
      for (let id = waiting.pop(); id !== undefined && !isStopped(); id = waiting.pop())
        await act(desk, id, onError).then((count) => {
          done += count // not before: several are at work
        }, onError)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (done) return 0
    // rounded up: a moment early finds nothing
    return Math.min(ids.length ? AGAIN_MS : LOOK_MS, Math.ceil(nextInMs ?? LOOK_MS))
  }
  return {
    round,
    start: (desk: Session, onError: OnError) => startLooking((isStopped) => round(desk, onError, isStopped), onError),
  }
}

/** Several workers look at the same time: each begins elsewhere. */
function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
