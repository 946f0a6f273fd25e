/** Starts to count how long this thread keeps a processor, in milliseconds: on a busy machine the wall clock says nothing of work. */
export function startCost(): () => number {
  const before = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(before)
    return Math.round((user + system) / 1_000)
  }
}
