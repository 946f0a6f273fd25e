import { setTimeout as wait } from 'node:timers/promises'
import { type Home, openHome, type ServerDatabase } from '../support/process.ts'
import { audit } from './audit.ts'
import { beginLife, type Life, type Wait } from './life.ts'
import { type Mail, makeMails } from './mails.ts'
import { type Random, randomFrom } from './random.ts'
import { type RelayResult, relayMails } from './relay.ts'
import { writeAll } from './writer.ts'

export interface KillParts {
  mails: number
  writes: number
  /** While work is done; one more follows the last 250 at once, and others hit a process in its start. */
  kills: number
  seed: number
  /** A server's; embedded without one. */
  database?: ServerDatabase | undefined
}

export interface TortureResult {
  /** What was measured, in one line. */
  figures: string
  violations: string[]
}

const RELAY_CONNECTIONS = 16
const CLIENT_CONNECTIONS = 8
/** So many mails come last, all at once, and the process is killed after the 250 of the last one. */
const LAST_MAX = 100
const RUN_MINUTES = 15
/** What a kill may delay a mail by, once there is a process again (R59). */
const PENDING_SECONDS_MAX = 5

/** Mail and API writes against a process that is killed at random moments, until everything is acknowledged; then the books are opened. */
export async function killRun(parts: KillParts): Promise<TortureResult> {
  const home = await openHome(parts.database)
  const end = new AbortController()
  try {
    return await tortured(home, parts, AbortSignal.any([end.signal, AbortSignal.timeout(RUN_MINUTES * 60_000)]))
  } finally {
    end.abort()
    await home.close()
  }
}

async function tortured(home: Home, parts: KillParts, signal: AbortSignal): Promise<TortureResult> {
  const { mails, writes, kills, seed } = parts
  const since = performance.now()
  const random = randomFrom(seed)
  const run = `c${seed.toString(36)}`
  const letters = makeMails(mails, random, run)
  const plan = planOf(kills, mails + writes, random)
  const life = await beginLife(home, signal, plan.firstStartMs)
  const { target } = life

  const progress = countTo(signal)
  const last = letters.splice(-Math.min(LAST_MAX, Math.floor(mails / 2)))
  const relayAll = (some: Mail[]) =>
    relayMails({ target, mails: some, connections: RELAY_CONNECTIONS, onDelivered: progress.step })
  const work = Promise.all([
    relayAll(letters),
    writeAll({ target, writes, connections: CLIENT_CONNECTIONS, run, onWritten: progress.step }),
  ])
  for (const { acknowledged, delayMs, startMs } of plan.kills) {
    await Promise.race([progress.reached(acknowledged), work])
    await wait(delayMs)
    await life.kill(startMs)
  }
  const [most, writer] = await work
  const rest = await relayAll(last)
  await life.kill()
  const waits = await Promise.all(life.waits)

  const relay = joined(most, rest)
  const found = await audit({ target, run, relay, writer })
  const left = mails + writes - relay.delivered.length - writer.written.length
  return {
    figures: [
      `${relay.delivered.length} mails, ${writer.written.length} writes, ${life.kills()} kills, ${found.events} events`,
      `${relay.retries} mails and ${writer.retries} writes sent again, ${found.duplicates} duplicates, ${writer.replayed} replays`,
      startsOf(life),
      longestOf(waits),
      `${((performance.now() - since) / 1_000).toFixed(0)} s in all`,
      ...(life.errors().length ? [`${life.errors().length} errors logged, first: ${life.errors()[0]}`] : []),
    ].join('; '),
    violations: [
      ...(left ? [`${left} were not acknowledged within ${RUN_MINUTES} minutes`] : []),
      ...delaysOf(waits),
      ...found.violations,
    ],
  }
}

const joined = (a: RelayResult, b: RelayResult): RelayResult => ({
  delivered: [...a.delivered, ...b.delivered],
  retries: a.retries + b.retries,
  bounced: [...a.bounced, ...b.bounced],
})

/** The figures of all starts. */
export function startsOf({ readySeconds }: Life): string {
  const [first = 0, ...later] = readySeconds
  const sorted = later.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return `ready after ${first.toFixed(1)} s, restarted median ${median.toFixed(1)} s, max ${(sorted.at(-1) ?? 0).toFixed(1)} s`
}

/** The longest wait after a restart. */
export function longestOf(waits: Wait[]): string {
  const [longest] = waits.toSorted((a, b) => b.seconds - a.seconds)
  return `longest pending after a restart ${longest?.seconds.toFixed(1)} s (${longest?.mails} mails)`
}

/** The waits that were too long, as violations. */
export const delaysOf = (waits: Wait[]): string[] =>
  waits
    .filter(({ seconds }) => seconds > PENDING_SECONDS_MAX)
    .map(({ seconds, mails }) => `${mails} mails waited ${seconds.toFixed(1)} s after a restart`)

const DELAY_MS_MAX = 300
const START_MS_MAX = 3_000
const START_KILL_SHARE = 1 / 3

/** When to kill: after so many acknowledgements and a moment, so that however quick the machine is all of them hit work. */
function planOf(kills: number, total: number, random: Random) {
  const moment = () => ({
    acknowledged: random.integer(1, Math.floor(total * 0.95)),
    delayMs: random.integer(0, DELAY_MS_MAX),
    startMs: random.next() < START_KILL_SHARE ? [random.integer(0, START_MS_MAX)] : [],
  })
  return {
    firstStartMs: [random.integer(0, START_MS_MAX)],
    kills: Array.from({ length: kills }, moment).sort((a, b) => a.acknowledged - b.acknowledged),
  }
}

/** Counts, and says when a number is reached or the time is over. */
function countTo(signal: AbortSignal) {
  const waiting: { count: number; go(): void }[] = []
  let count = 0
  const look = () => {
    for (const one of waiting) if (count >= one.count || signal.aborted) one.go()
  }
  signal.addEventListener('abort', look)
  return {
    step() {
      count++
      look()
    },
    reached: (wanted: number) =>
      new Promise<void>((resolve) => {
        waiting.push({ count: wanted, go: resolve })
        look()
      }),
  }
}
