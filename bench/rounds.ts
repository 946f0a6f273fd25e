import { setTimeout as sleep } from 'node:timers/promises'
import { Value } from 'typebox/value'
import type { Arguments } from './arguments.ts'
import { applyLoad, ask, type Load, type Measured } from './load.ts'
import { applyMailLoad, handIn, type MailLoad } from './mail-load.ts'
import type { MailWorkload } from './mail-workloads.ts'
import type { Server } from './servers.ts'
import type { Names, Sown, Workload } from './workloads.ts'

export interface Contender {
  name: string
  names: Names
  server: Server
  /** How many messages stand in its database. */
  messages(): Promise<number>
}

/** Medians of the rounds, as ratios to the limit in the same round. */
interface Ratios {
  rate: number
  /** The least and the greatest of the rounds: how much the machine was disturbed. */
  spread: [number, number]
  p50: number
  p99: number
}

export interface Results {
  /** workload → server → ratios */
  ratios: Map<string, Map<string, Ratios>>
  memoryMb: Map<string, number>
}

const LONG_WARM_MS = 2_000
/** Mails are fewer in the same time, and code is compiled after so many calls. */
const MAIL_WARM_MS = 6_000
const WARM_MS = 500
const SETTLE_MS = 300

/** Each workload in rounds; in each round the servers take turns, so that a disturbance meets all of them. */
export async function measure(
  asked: Arguments,
  contenders: readonly Contender[],
  sown: Sown,
  tell: (line: string) => void,
): Promise<Results> {
  const ratios: Results['ratios'] = new Map()
  for (const workload of asked.workloads) {
    const apply = 'letter' in workload ? mailOf(asked, workload, sown) : requestsOf(asked, workload, sown)
    for (const contender of contenders) await apply.prove(contender)
    const longWarmMs = 'letter' in workload ? MAIL_WARM_MS : LONG_WARM_MS
    for (const contender of contenders) await apply.load(contender, 0, longWarmMs)
    const rounds: Map<string, Measured>[] = []
    for (let n = 1; n <= asked.rounds; n++) {
      const round = new Map<string, Measured>()
      // each is first, second and last in turn
      for (const contender of rotated(contenders, n)) {
        await sleep(SETTLE_MS)
        round.set(contender.name, await apply.load(contender, WARM_MS, asked.seconds * 1_000))
      }
      rounds.push(round)
      tell(
        `${workload.name} round ${n}: ${[...round].map(([name, { perSecond, p50, p99 }]) => `${name} ${Math.round(perSecond)}/s ${p50.toFixed(1)}/${p99.toFixed(1)} ms`).join(' · ')}`,
      )
    }
    ratios.set(workload.name, new Map(contenders.map(({ name }) => [name, medians(rounds, name)])))
  }
  const memoryMb = new Map<string, number>()
  for (const { name, server } of contenders) memoryMb.set(name, (await server.memory()) / 1_024)
  return { ratios, memoryMb }
}

const rotated = <T>(all: readonly T[], n: number): T[] => [
  ...all.slice(n % all.length),
  ...all.slice(0, n % all.length),
]

/** How one workload is done to a server. */
interface Applied {
  /** Whoever is fast by doing something else is no measure. */
  prove(contender: Contender): Promise<void>
  load(contender: Contender, warmMs: number, measuredMs: number): Promise<Measured>
}

/** All servers are asked the same things; what must be new is new in each request. */
function requestsOf({ connections }: Arguments, workload: Workload, sown: Sown): Applied {
  const random = createRandom(1)
  let count = 0
  const load = ({ names, server }: Contender, warmMs: number, measuredMs: number): Load => ({
    port: server.port,
    connections,
    warmMs,
    measuredMs,
    status: workload.status,
    next: () => workload.request(names, random, ++count, sown),
  })
  return {
    load: (contender, warmMs, measuredMs) => applyLoad(load(contender, warmMs, measuredMs)),
    async prove(contender) {
      const body: unknown = JSON.parse(await ask(load(contender, 0, 0)))
      const [fault] = Value.Errors(workload.answer, body)
      if (fault)
        throw new Error(
          `${workload.name}: ${contender.name} answers otherwise than expected: ${fault.instancePath} ${fault.message}`,
        )
    },
  }
}

const FILED_WITHIN_MS = 15_000

function mailOf({ connections }: Arguments, workload: MailWorkload, sown: Sown): Applied {
  const random = createRandom(1)
  let count = 0
  const load = ({ server, messages }: Contender, warmMs: number, measuredMs: number): MailLoad => ({
    port: server.smtpPort,
    connections,
    warmMs,
    measuredMs,
    filed: messages,
    next: () => workload.letter(random, ++count, sown),
  })
  return {
    load: (contender, warmMs, measuredMs) => applyMailLoad(load(contender, warmMs, measuredMs)),
    async prove(contender) {
      const before = await contender.messages()
      await handIn(load(contender, 0, 0))
      const until = performance.now() + FILED_WITHIN_MS
      while ((await contender.messages()) === before) {
        if (performance.now() > until) throw new Error(`${workload.name}: ${contender.name} made no message of a mail`)
        await sleep(50)
      }
    },
  }
}

function medians(rounds: readonly Map<string, Measured>[], name: string): Ratios {
  const ratiosOf = (figure: keyof Measured) =>
    rounds.map((round) => (round.get(name)?.[figure] ?? 0) / (round.get('limit')?.[figure] ?? 1)).sort((a, b) => a - b)
  const median = (sorted: number[]) => sorted[Math.floor(sorted.length / 2)] ?? 0
  const rates = ratiosOf('perSecond')
  return {
    rate: median(rates),
    spread: [rates[0] ?? 0, rates.at(-1) ?? 0],
    p50: median(ratiosOf('p50')),
    p99: median(ratiosOf('p99')),
  }
}

/** From 1 to n, the same row of numbers each time (mulberry32). */
function createRandom(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return 1 + (((mixed ^ (mixed >>> 14)) >>> 0) % n)
  }
}
