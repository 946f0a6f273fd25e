import { setTimeout as wait } from 'node:timers/promises'
import { eventually, openHome, type ServerDatabase, type Service } from '../support/process.ts'
import type { TortureResult } from './kill.ts'
import { beginLife, type Life } from './life.ts'
import { type Random, randomFrom } from './random.ts'
import { call, readAll, type Target } from './target.ts'

export interface TimersParts {
  timers: number
  /** How long the second process stands still; only on a server, which has two. */
  stoppedSeconds: number
  seed: number
  database?: ServerDatabase | undefined
}

interface Event {
  at: string
  ticketId: string
  data: { dueAt: string }
  cause: { ruleKey: string | null } | null
}

const RULE = 'torture'
const WAIT_SECONDS = 5
const CONNECTIONS = 8
const LOOK_MS = 50
const RUN_MINUTES = 4
/** What is done twice is done by then. */
const SETTLE_MS = 3_000
const EARLY_MS_MAX = 5
const START_MS = [1_000, 3_000] as const

/**
 * Rules that wait on tickets, on two processes of which one stands still and the other is killed; embedded on one that is killed twice.
 * Each wait must end once, and none early.
 */
export async function timersRun({ timers, stoppedSeconds, seed, database }: TimersParts): Promise<TortureResult> {
  const home = await openHome(database)
  const end = new AbortController()
  try {
    const random = randomFrom(seed)
    const life = await beginLife(home, AbortSignal.any([end.signal, AbortSignal.timeout(RUN_MINUTES * 60_000)]), [])
    const second = database && (await home.start())
    await begin(life.target, timers)
    const disturbed = second
      ? await stopAndKill(life, second, { timers, stoppedSeconds, random })
      : await killTwice(life, { timers, random })
    const isDone = await eventually(async () => (await fired(life.target)) >= timers, RUN_MINUTES * 60_000)
    await wait(SETTLE_MS)
    return await judged(life, { timers, isDone, disturbed })
  } finally {
    end.abort()
    await home.close()
  }
}

/** Opens so many tickets, each of which a rule waits on; the first waits are over about when the last ticket is open. */
async function begin(target: Target, timers: number): Promise<void> {
  const rule = {
    key: RULE,
    name: 'Waits',
    on: ['ticket.opened'],
    if: { all: [] },
    after: { seconds: WAIT_SECONDS },
    then: [
      { action: 'postNote', body: 'It is time' },
      { action: 'changeTicket', addTags: [RULE] },
    ],
  }
  await made(target, '/rules', rule)
  const numbers = Array.from({ length: timers }, (_, n) => n)
  const work = async () => {
    for (let n = numbers.pop(); n !== undefined; n = numbers.pop())
      await made(target, '/tickets', { subject: `Waits ${n}`, body: 'x', requester: { email: 'ruth@example.com' } })
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
}

async function made(target: Target, path: string, body: object): Promise<void> {
  const answer = await call(target, path, { body })
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
}

/** How many rules have acted, by what they left on the tickets: the feed may stand still with a process. */
async function fired(target: Target): Promise<number> {
  const path = `/tickets?tags[contains]=${RULE}&limit=1&includeTotal=true`
  // nobody answers while a process is killed
  const answer = await call<{ total: number }>(target, path).catch(() => undefined)
  if (answer && answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}`)
  return answer?.body.total ?? 0
}

async function reached(target: Target, count: number): Promise<void> {
  while (!target.signal.aborted && (await fired(target)) < count) await wait(LOOK_MS)
}

interface Disturbance {
  told: string
  from: Date
}

interface Plan {
  timers: number
  random: Random
}

/** While waits end: one process stands still, the other is killed, another takes its place, and the first goes on. */
async function stopAndKill(
  life: Life,
  second: Service,
  { timers, stoppedSeconds, random }: Plan & { stoppedSeconds: number },
): Promise<Disturbance> {
  await reached(life.target, timers * (0.05 + 0.3 * random.next()))
  second.kill('SIGSTOP')
  const stopped = performance.now()
  const from = new Date()
  const atStop = await fired(life.target)
  await reached(life.target, timers * (0.4 + 0.3 * random.next()))
  const atKill = await fired(life.target)
  await life.kill()
  await wait(Math.max(0, stoppedSeconds * 1_000 - (performance.now() - stopped)))
  const atContinue = await fired(life.target)
  second.kill('SIGCONT')
  const seconds = ((performance.now() - stopped) / 1_000).toFixed(0)
  const told = `one process stopped after ${atStop} for ${seconds} s, the other killed after ${atKill}; ${timers - atContinue} left when the first went on`
  return { told, from }
}

/** The second time in the start of the next process, which works off what has become due meanwhile before it answers anybody. */
async function killTwice(life: Life, { timers, random }: Plan): Promise<Disturbance> {
  await reached(life.target, timers * (0.1 + 0.3 * random.next()))
  const count = await fired(life.target)
  const from = new Date()
  const startMs = random.integer(...START_MS)
  await life.kill([startMs])
  return { told: `killed after ${count}, and ${startMs} ms into the next start`, from }
}

interface Outcome {
  timers: number
  isDone: boolean
  disturbed: Disturbance
}

async function judged({ target, errors }: Life, { timers, isDone, disturbed }: Outcome): Promise<TortureResult> {
  // events are numbered after the commit: the last ones a moment later
  const ends = () => feed(target, 'rule.due')
  await eventually(async () => (await ends()).length >= timers)
  const due = await ends()
  const acted = (await feed(target, 'ticket.noted')).filter(({ cause }) => cause?.ruleKey === RULE)
  const tickets = await readAll<{ id: string }>(target, '/tickets')
  const late = latenessOf(due)
  const before = latenessOf(due.filter(({ at }) => at < disturbed.from.toISOString()))
  return {
    figures: [
      `${due.length} waits over, ${acted.length} acts`,
      disturbed.told,
      `undisturbed late by ${seconds(before, 0.5)} s (median), ${seconds(before, 1)} s (most); of all ${seconds(late, 0.5)} s and ${seconds(late, 1)} s`,
      ...(errors().length ? [`${errors().length} errors logged, first: ${errors()[0]}`] : []),
    ].join('; '),
    violations: [
      ...(isDone ? [] : [`not over within ${RUN_MINUTES} minutes`]),
      ...(tickets.length === timers ? [] : [`${timers} tickets were opened, there are ${tickets.length}`]),
      ...timesFaults(tickets, due, 'was due'),
      ...timesFaults(tickets, acted, 'was acted on'),
      ...(await leftovers(target, tickets)),
      ...late.filter((ms) => ms < -EARLY_MS_MAX).map((ms) => `a wait was over ${-ms} ms early`),
    ],
  }
}

const latenessOf = (due: Event[]): number[] =>
  due.map(({ at, data }) => Date.parse(at) - Date.parse(data.dueAt)).sort((a, b) => a - b)

const seconds = (sorted: number[], share: number): string =>
  ((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) / 1_000).toFixed(2)

const timesFaults = (tickets: { id: string }[], events: Event[], what: string): string[] => {
  const counts = new Map<string, number>()
  for (const { ticketId } of events) counts.set(ticketId, (counts.get(ticketId) ?? 0) + 1)
  return tickets.filter(({ id }) => counts.get(id) !== 1).map(({ id }) => `${id} ${what} ${counts.get(id) ?? 0} times`)
}

/** Each ticket has one run, one note, and nothing that waits. */
async function leftovers(target: Target, tickets: { id: string }[]): Promise<string[]> {
  const faults: string[] = []
  const left = [...tickets]
  const work = async () => {
    for (let ticket = left.pop(); ticket; ticket = left.pop()) {
      const path = `/tickets/${ticket.id}`
      const runs = await readAll<{ outcome: string }>(target, `${path}/rule-runs?ruleKey=${RULE}`)
      const notes = (await readAll<{ visibility: string }>(target, `${path}/messages`)).filter(
        ({ visibility }) => visibility === 'internal',
      )
      const waiting = await readAll(target, `${path}/rule-timers`)
      if (runs.map(({ outcome }) => outcome).join() !== 'fired') faults.push(`${ticket.id} has ${runs.length} runs`)
      if (notes.length !== 1) faults.push(`${ticket.id} has ${notes.length} notes`)
      if (waiting.length) faults.push(`${ticket.id} is still waited on`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  return faults
}

const feed = (target: Target, type: string) => readAll<Event>(target, `/events?types=${type}`)
