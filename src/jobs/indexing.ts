import { indexTexts } from '../domain/search/index-texts.ts'
import type { Session } from '../kernel/desk.ts'

const POLL_MS = 500

/** Keeps the texts that searches look through up to date: what was committed is found within a second. */
export function startIndexing(desk: Session, onError: (error: unknown) => void): { stop(): Promise<void> } {
  let round: Promise<void> | undefined
  let stopped = false

  const run = async () => {
    try {
      while (!stopped && (await desk.execute(indexTexts, {})).more);
    } catch (error) {
      onError(error)
    }
    round = undefined
  }
  const timer = setInterval(() => {
    round ??= run()
  }, POLL_MS)
  timer.unref()

  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await round
    },
  }
}
