/** Nothing that is due is further away than a new one may be. */
const LOOK_MS = 500

/** What looks for what is due, does it, and answers after how many milliseconds to look again. */
type Look = (isStopped: () => boolean) => Promise<number>

/** Does what is due, to the moment: it looks twice a second, and wakes for what is due in between. */
export function startDueWork(doDue: Look, onError: (error: unknown) => void): { stop(): Promise<void> } {
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

/** What is due, by the ids of what it is due on. */
export interface Due {
  ids: readonly string[]
  /** How long until what is due next; null: nothing is in sight. */
  nextInMs: number | null
}

/** What is due, and held by a command just now. */
const AGAIN_MS = 100
const AT_ONCE = 4

/** Does it for each, some at once. `act` answers how much was done; where anything was, there may be more. */
export async function doDueWork(
  { ids, nextInMs }: Due,
  act: (id: string) => Promise<number>,
  isStopped: () => boolean,
): Promise<number> {
  const waiting = shuffled(ids)
  let done = 0
  const work = async () => {
    for (let id = waiting.pop(); id !== undefined && !isStopped(); id = waiting.pop()) done += await act(id)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (done) return 0
  // rounded up: a moment early finds nothing
  return Math.min(ids.length ? AGAIN_MS : LOOK_MS, Math.ceil(nextInMs ?? LOOK_MS))
}

/** Several workers look at the same time: each begins elsewhere. */
function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
