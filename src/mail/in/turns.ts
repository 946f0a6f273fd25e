/** Lets so many work at once, and the others in the order in which they came. */
export function createTurns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = atOnce
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await work()
    } finally {
      const go = waiting.shift()
      // whoever goes next has this place
      if (go) go()
      else free++
    }
  }
}

/** Where those wait who come too many: each tries to take a place, the first first, whenever somebody has gone; false after that time. */
export function createWaitingRoom(): { until(take: () => boolean, ms: number): Promise<boolean>; wake(): void } {
  const waiting = new Set<() => void>()
  return {
    until: (take, ms) =>
      new Promise((resolve) => {
        if (waiting.size === 0 && take()) return resolve(true)
        const leave = (hasPlace: boolean) => {
          clearTimeout(timer)
          waiting.delete(look)
          resolve(hasPlace)
        }
        const look = () => {
          if (take()) leave(true)
        }
        const timer = setTimeout(leave, ms, false)
        waiting.add(look)
      }),
    wake() {
      for (const look of waiting) look()
    },
  }
}
