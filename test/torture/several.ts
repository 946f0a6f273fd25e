import type { Home, Service } from '../support/process.ts'

/** Processes on one database. The others come when the first has made the desk. */
export async function started(home: Home, processes: number): Promise<Service[]> {
  const first = await home.start()
  return [first, ...(await Promise.all(Array.from({ length: processes - 1 }, () => home.start())))]
}
