import { deferRuleTimer } from '../domain/rules/defer-rule-timer.ts'
import { fireRuleTimer } from '../domain/rules/fire-rule-timer.ts'
import { dueRuleTimers } from '../domain/rules/timers.ts'
import type { Session } from '../kernel/desk.ts'

/** A wait that began since the last look may be over so soon. */
const LOOK_MS = 500
/** What is due, and held by a command just now. */
const AGAIN_MS = 100
const AT_ONCE = 4
/** Waits of one ticket that end in one round; more of them are due again at once. */
const ROUND_MAX = 100

type OnError = (error: unknown) => void

/** Ends waits when they are over, to the moment: it looks twice a second, and wakes for what is due in between. */
export function startRuleTimers(desk: Session, onError: OnError): { stop(): Promise<void> } {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> | undefined

  const look = async () => {
    const waitMs = await fireDueTimers(desk, onError, () => stopped).catch((error) => {
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

/** Ends the waits that are over. Answers after how many milliseconds to look again. */
export async function fireDueTimers(desk: Session, onError: OnError, isStopped = () => false): Promise<number> {
  const { ticketIds, nextInMs } = await desk.read(dueRuleTimers, {})
  const waiting = shuffled(ticketIds)
  let fired = 0
  const work = async () => {
    for (let ticketId = waiting.pop(); ticketId !== undefined && !isStopped(); ticketId = waiting.pop())
      fired += await fireOf(desk, ticketId, onError)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (fired) return 0
  // rounded up: a moment early finds nothing
  return Math.min(ticketIds.length ? AGAIN_MS : LOOK_MS, Math.ceil(nextInMs ?? LOOK_MS))
}

/** What is due on one ticket, one after another in the order in which it is. */
async function fireOf(desk: Session, ticketId: string, onError: OnError): Promise<number> {
  for (let fired = 0; fired < ROUND_MAX; fired++) {
    try {
      if (!(await desk.execute(fireRuleTimer, { ticketId })).found) return fired
    } catch (error) {
      onError(error)
      await desk.execute(deferRuleTimer, { ticketId }).catch(onError)
      return fired
    }
  }
  return ROUND_MAX
}

/** Several workers look at the same time: each begins elsewhere. */
function shuffled<T>(all: readonly T[]): T[] {
  return all
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
