import { cleanUp } from '../domain/workers/clean-up.ts'
import { HOUR_MS } from '../kernel/clock.ts'
import type { Session } from '../kernel/desk.ts'

/** Cleans up every hour. Several workers may do it at once: what one has removed the other does not find. */
export function scheduleCleanUp(desk: Session, onError: (error: unknown) => void): { stop(): void } {
  const timer = setInterval(() => void desk.execute(cleanUp, {}).catch(onError), HOUR_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
