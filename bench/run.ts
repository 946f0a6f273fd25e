import { type Arguments, readArguments } from './arguments.ts'
import { openCounter, openPostgres } from './postgres.ts'
import { table, writeReport } from './report.ts'
import { type Contender, measure, type Results } from './rounds.ts'
import { setRules } from './rules.ts'
import { sowKontor, sowLimit, sownFor, sownId } from './seed.ts'
import { KEY, startKontor, startLimit } from './servers.ts'
import { workloads } from './workloads.ts'

/** Time for the servers and the seed, beside twice the time of the rounds. */
const AROUND_MS = 120_000
const SEED_MS_A_TICKET = 1

const closings: (() => Promise<void>)[] = []
const preparations: Promise<unknown>[] = []

/** What was started is stopped, the last first; a failure does not spare the rest. */
async function stopAll(): Promise<void> {
  await closeAll()
  // interrupted while it prepared: without its Postgres that ends soon, and may have started something since
  await Promise.allSettled(preparations)
  await closeAll()
}

async function closeAll(): Promise<void> {
  for (const close of closings.splice(0).reverse()) await close().catch((error: unknown) => console.error(error))
}

async function contendersOf({ tickets, database, profile, rules, workloads: chosen }: Arguments): Promise<Contender[]> {
  const postgres = await openPostgres(database)
  closings.push(postgres.close)
  const opened = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting
    closings.push(server.stop)
    return server
  }
  const counted = async (url: string) => {
    const { count, close } = await openCounter(url)
    closings.push(close)
    return count
  }
  const sown = sownFor(tickets)
  const plain = { ticketId: String, agentId: String, key: KEY }

  const kontorUrl = await postgres.createDatabase('kontor_bench')
  const kontor = await opened(
    startKontor(kontorUrl, chosen.some((workload) => 'letter' in workload) ? 'api,smtp,worker' : 'api', profile),
  )
  await sowKontor(kontorUrl, sown)
  if (rules !== undefined) await setRules(kontor, rules)
  const names = { ticketId: (n: number) => sownId('tkt', n), agentId: (n: number) => sownId('per', n), key: KEY }

  const limits: Contender[] = []
  for (const [name, ways] of [
    ['limit', 'one'],
    ['limit:tx', 'tx'],
  ] as const) {
    const url = await postgres.createDatabase(`kontor_bench_limit_${ways}`)
    await sowLimit(url, sown)
    limits.push({ name, names: plain, server: await opened(startLimit(url, ways)), messages: await counted(url) })
  }
  return [{ name: 'kontor', names, server: kontor, messages: await counted(kontorUrl) }, ...limits]
}

async function run(asked: Arguments): Promise<Results> {
  console.log(`Preparing ${asked.tickets} tickets for each of three servers …`)
  const preparing = contendersOf(asked)
  preparations.push(preparing)
  const contenders = await preparing
  return measure(asked, contenders, sownFor(asked.tickets), (line) => console.log(line))
}

function deadline({ seconds, rounds, workloads: chosen, tickets }: Arguments): Promise<never> {
  const ms = AROUND_MS + tickets * SEED_MS_A_TICKET + 2 * 3 * rounds * chosen.length * (seconds + 1) * 1_000
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`the run took longer than ${Math.round(ms / 1_000)} s`)), ms).unref()
  })
}

const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => reject(new Error(`stopped by ${signal}`)))
})

try {
  const asked = readArguments(process.argv.slice(2), process.env)
  const results = await Promise.race([run(asked), deadline(asked), interrupted])
  console.log(`\n${table(results)}`)
  if (asked.workloads === workloads && asked.profile === undefined) await writeReport(asked, results)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await stopAll()
  process.exit()
}
