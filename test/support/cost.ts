/** What the yardstick takes, in milliseconds, on the machine for which the bounds of the tests were chosen. */
const YARDSTICK_MS = 33

/**
 * Starts to count how long this thread keeps a processor; the answer gives it in milliseconds of that machine. On a busy machine the wall
 * clock says nothing of work, and one that shares its processors is slower from one minute to the next: a yardstick right after the
 * work says how much slower. A machine that is quicker changes nothing.
 */
export function startCost(): () => number {
  const before = process.threadCpuUsage()
  let cost: number | undefined
  return () => {
    cost ??= Math.round(milliseconds(before) / Math.max(1, measureYardstick() / YARDSTICK_MS))
    return cost
  }
}

function milliseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since)
  return (user + system) / 1_000
}

function measureYardstick(): number {
  const before = process.threadCpuUsage()
  useYardstick()
  return milliseconds(before)
}

/** Always the same work, of the sort that is measured: short strings, an expression, a map. Of the size of many ticks of the clock. */
function useYardstick(): number {
  const counts = new Map<string, number>()
  for (let n = 0; n < 200_000; n++) {
    const word = `k${(n * 7_919) % 10_007}`.padEnd(8, 'x')
    if (/^k\d+x*$/.test(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return counts.size
}

// compiled before it is first measured
useYardstick()
