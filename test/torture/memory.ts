import { readFileSync } from 'node:fs'

const LOOK_MS = 25
const KIB = 1_024

/** Watches the resident memory of a process. Linux only: elsewhere there is nothing to read, and the figures are 0. */
export function watchMemory(pid: number): { now(): number; peak(): number; forget(): void; stop(): void } {
  let peak = 0
  const look = () => {
    const mib = residentMib(pid)
    peak = Math.max(peak, mib)
    return mib
  }
  const timer = setInterval(look, LOOK_MS)
  timer.unref()
  return {
    now: look,
    peak: () => peak,
    forget() {
      peak = 0
    },
    stop: () => clearInterval(timer),
  }
}

function residentMib(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / KIB
  } catch {
    return 0
  }
}
