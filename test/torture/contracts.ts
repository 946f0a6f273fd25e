import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ServerDatabase } from '../support/process.ts'
import { type Answer, acts, type ClockedDesk, HOUR_MS, log, prepared, type Scene, STRETCH } from './contracts-acts.ts'
import { type Books, type Kept, kinds, violationsOf } from './contracts-model.ts'
import type { TortureResult } from './kill.ts'
import { randomFrom } from './random.ts'

export interface ContractsParts {
  /** What is done to contracts and to the time that draws from them. */
  runs: number
  seed: number
  /** A server's; embedded without one. */
  database?: ServerDatabase | undefined
}

const AT_ONCE = 8
const DAYS_MAX = 12

/** Random time against prepaid contracts, by two processes on a server: at the end the books are opened. */
export async function contractsRun({ runs, seed, database }: ContractsParts): Promise<TortureResult> {
  const children = [await started(database)]
  try {
    if (database) children.push(await started(database, children[0]?.key))
    return await torturedContracts(children, { runs, seed })
  } finally {
    for (const { child } of children) {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    }
    await database?.drop()
  }
}

async function started(database: ServerDatabase | undefined, known?: string) {
  const child = fork(join(import.meta.dirname, 'contracts-desk.ts'), {
    env: { PATH: process.env.PATH, ...(database ? { DATABASE_URL: database.url } : {}) },
  })
  const [{ key: first }] = await once(child, 'message')
  const key = known ?? String(first)
  return { child, key, ...asking(child, key) }
}

/** Messages to a child, and its answers. */
function asking(child: ChildProcess, first: string): ClockedDesk {
  const waiting = new Map<number, (answer: Answer & { error?: string }) => void>()
  let asked = 0
  child.on('message', ({ n, ...answer }: { n: number } & Answer) => {
    waiting.get(n)?.(answer)
    waiting.delete(n)
  })
  child.once('exit', () => {
    for (const answer of waiting.values()) answer({ status: 0, body: null, error: 'the process is gone' })
  })
  const send = async (message: object) => {
    const n = ++asked
    const answered = new Promise<Answer & { error?: string }>((resolve) => waiting.set(n, resolve))
    child.send({ n, ...message })
    const answer = await answered
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }
  return {
    ask: (method, path, body, key = first) => send({ request: { method, path, ...(body ? { body } : {}), key } }),
    turn: (contractId) => send({ turn: contractId }),
    setClock: (now) => send({ clock: now }),
  }
}

/** The same against any desks: the sample of the suite has one. */
export async function torturedContracts(
  desks: readonly ClockedDesk[],
  { runs, seed }: Pick<ContractsParts, 'runs' | 'seed'>,
): Promise<TortureResult> {
  const since = performance.now()
  const scene = await prepared(desks, randomFrom(seed))
  let left = runs
  const done = new Map<string, number>()
  while (left > 0) {
    let stretch = Math.min(STRETCH, left)
    left -= stretch
    const lane = async () => {
      while (stretch-- > 0) {
        const act = acts[scene.random.integer(0, acts.length - 1)] ?? log
        const desk = desks[scene.random.integer(0, desks.length - 1)]
        if (!desk) throw new Error('there is no desk')
        const { status, body } = await act(scene, desk)
        const told = status < 300 ? 'done' : String(body?.code ?? status)
        done.set(told, (done.get(told) ?? 0) + 1)
        if (status >= 500 || status === 0) scene.said.faults.push(`${status} ${JSON.stringify(body)}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    scene.now += scene.random.integer(1, DAYS_MAX * 24) * HOUR_MS
    await Promise.all(desks.map((desk) => desk.setClock(scene.now)))
  }
  const books = await Promise.all(scene.kept.map((each) => opened(scene, each)))
  const entries = await allOf(scene, '/time-entries')
  const rows = books.flatMap(({ ledger }) => ledger)
  const counted = kinds.map((kind) => `${rows.filter((row) => row.kind === kind).length} ${kind}`)
  const short = rows.filter((row) => (row.explanation?.uncovered ?? 0) > 0).length
  const refused = done.get('contract_exhausted') ?? 0
  const blank = runs >= 1_000 && (short === 0 || refused === 0 || counted.some((each) => each.startsWith('0 ')))
  return {
    figures: [
      `${runs} acts by ${desks.length} process(es): ${[...done].map(([told, n]) => `${n} ${told}`).join(', ')}`,
      `${rows.length} rows (${counted.join(', ')}), ${short} fell short`,
      `${((performance.now() - since) / 1_000).toFixed(0)} s`,
    ].join('; '),
    violations: [
      ...scene.said.faults,
      ...violationsOf(books, entries, scene.said),
      ...(blank ? ['something was never done: nothing was shown of it'] : []),
    ],
  }
}

/** The books of a contract, brought to the period that runs. */
async function opened(scene: Scene, kept: Kept): Promise<Books> {
  const [desk] = scene.desks
  await desk?.turn(kept.id)
  const contract = await desk?.ask('GET', `/contracts/${kept.id}`)
  return {
    kept,
    balance: contract?.body.balance,
    now: scene.now,
    ledger: await allOf(scene, `/contracts/${kept.id}/ledger?sort=sequence`),
  }
}

/** All pages of a list. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
async function allOf({ desks: [desk] }: Scene, path: string): Promise<any[]> {
  const all = []
  for (let after = ''; ; ) {
    const page = await desk?.ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=100${after}`)
    all.push(...(page?.body.data ?? []))
    if (!page?.body.nextCursor) return all
    after = `&after=${page.body.nextCursor}`
  }
}
