/** Starts to count how long the process keeps a processor, in milliseconds: on a busy machine the wall clock says nothing of work. */
export function startCost(): () => number {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return Math.round((user + system) / 1_000)
  }
}
