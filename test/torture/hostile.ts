import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, openHome } from '../support/process.ts'
import { deliver } from '../support/smtp.ts'
import { type HostileMail, hostileMails, mutatedMails } from './hostile-mails.ts'
import type { KillParts, TortureResult } from './kill.ts'
import { makeMails } from './mails.ts'
import { watchMemory } from './memory.ts'
import { randomFrom } from './random.ts'
import { call, readAll, type Target } from './target.ts'

export interface HostileParts extends Pick<KillParts, 'seed' | 'database'> {
  /** Beside the made ones. */
  mutations: number
  /** How large the made ones may become; all sizes without it. */
  sizes?: readonly number[]
  /** Large mails at once, each of `LARGE_MIB`. */
  large: number
}

const LARGE_MIB = 50
const MIB = 1_048_576
const CONNECTIONS = 8
const RSS_MIB_MAX = 200
const LAG_MS_MAX = 100
const FILED_WITHIN_MS = 300_000

interface Row {
  id: string
  state: string
  verdict: string | null
  ticketId: string | null
}

/** Mail that means harm through a running service: nobody dies, nothing is lost, and others are served meanwhile. */
export async function hostileRun({ mutations, sizes, large, seed, database }: HostileParts): Promise<TortureResult> {
  const home = await openHome(database)
  try {
    const service = await home.start({ MAIL_BYTES_MAX: String((LARGE_MIB + 10) * MIB) })
    let isDead = false
    void service.ended.then(() => {
      isDead = true
    })
    const key = readFileSync(join(home.dataDir, 'first-api-key'), 'utf8').trim()
    const target: Target = { service: async () => service, key: () => key, signal: new AbortController().signal }
    const random = randomFrom(seed)
    const ordinary = makeMails(20, random, 'warm').map(({ raw }) => raw)
    const accepted = new Set<string>()
    const refused = new Map<string, number>()
    const send = async ({ raw }: HostileMail) => {
      const { code, text } = await deliver({
        port: service.smtpPort,
        mailFrom: 'eve@evil.test',
        rcptTo: 'support@kontor.localhost',
        raw,
      })
      const id = code === 250 ? /queued as (\w+)/.exec(text)?.[1] : undefined
      if (id) accepted.add(id)
      else refused.set(`${code} ${text}`, (refused.get(`${code} ${text}`) ?? 0) + 1)
    }
    const allFiled = () => eventually(async () => (await waiting(target)) === 0, FILED_WITHIN_MS)

    for (const [n, raw] of ordinary.entries()) await send({ name: `ordinary ${n}`, raw })
    await allFiled()
    const memory = watchMemory(service.pid())
    const before = memory.now()
    await lagOf(target)
    const lags: number[] = []
    const watching = setInterval(
      () =>
        void lagOf(target).then(
          (ms) => lags.push(ms),
          () => {},
        ),
      5_000,
    )
    const since = performance.now()
    const mails = everyOne(hostileMails(random, sizes), mutatedMails(mutations, random, ordinary))
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (const one of mails) await send(one)
      }),
    )
    const isFiled = await allFiled()
    const rss = memory.peak() - before
    memory.forget()
    await Promise.all(Array.from({ length: large }, (_, n) => send({ name: `large ${n}`, raw: largeMail(n) })))
    const isLargeFiled = await allFiled()
    clearInterval(watching)
    lags.push(await lagOf(target))
    const rssLarge = memory.peak() - before
    memory.stop()

    const rows = await readAll<Row>(target, '/mail/inbound')
    const known = new Set(rows.map(({ id }) => id))
    const undone = rows.filter(
      ({ state, verdict, ticketId }) => state === 'pending' || !verdict || (verdict === 'ticket_created' && !ticketId),
    )
    const lag = lags.toSorted((a, b) => a - b)
    const median = lag[Math.floor(lag.length / 2)] ?? 0
    return {
      figures: [
        `${accepted.size} mails taken, ${[...refused.values()].reduce((sum, n) => sum + n, 0)} refused, ${((performance.now() - since) / 1_000).toFixed(0)} s`,
        `memory +${rss.toFixed(0)} MiB, with ${large} mails of ${LARGE_MIB} MB at once +${rssLarge.toFixed(0)} MiB`,
        `p99 of the event loop's delay ${median.toFixed(0)} ms, worst of ${lag.length} intervals ${(lag.at(-1) ?? 0).toFixed(0)} ms`,
        ...[...refused].slice(0, 5).map(([reply, n]) => `${n} times ${reply}`),
      ].join('; '),
      violations: [
        ...(isDead ? ['the process ended'] : []),
        ...(isFiled && isLargeFiled ? [] : [`not all mails were filed within ${FILED_WITHIN_MS / 1_000} s`]),
        ...[...accepted].filter((id) => !known.has(id)).map((id) => `${id} has no row`),
        ...undone.map(({ id, state, verdict }) => `${id} is ${state} (${verdict ?? 'no verdict'})`),
        // an embedded database is memory of this process, and WASM gives none of it back
        ...(database && rss > RSS_MIB_MAX ? [`memory grew by ${rss.toFixed(0)} MiB`] : []),
        ...(database && rssLarge > RSS_MIB_MAX ? [`memory grew by ${rssLarge.toFixed(0)} MiB with large mails`] : []),
        ...(median > LAG_MS_MAX ? [`the event loop was late by ${median.toFixed(0)} ms`] : []),
        ...[...refused.keys()]
          .filter((reply) => !/^5(00|52|54) /.test(reply))
          .map((reply) => `a mail was answered ${reply}`),
      ],
    }
  } finally {
    await home.close()
  }
}

function* everyOne(...all: Iterable<HostileMail>[]): Generator<HostileMail> {
  for (const some of all) yield* some
}

async function waiting(target: Target): Promise<number> {
  return (await call<{ total: number }>(target, '/mail/inbound?state=pending&limit=1&includeTotal=true')).body.total
}

/** The 99th percentile since it was last asked, in milliseconds. */
async function lagOf(target: Target): Promise<number> {
  const { url } = await target.service()
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${target.key()}` } })
  return Number(/^kontor_nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(await answer.text())?.[1]) * 1_000
}

function largeMail(n: number): Buffer {
  const bytes = randomBytes(Math.floor(LARGE_MIB * MIB * 0.73))
  return Buffer.from(
    [
      'From: Eve <eve@evil.test>',
      `Subject: Large ${n}`,
      'Content-Type: application/octet-stream; name=large.bin',
      'Content-Transfer-Encoding: base64',
      '',
      bytes.toString('base64').replace(/.{76}/g, '$&\r\n'),
      '',
    ].join('\r\n'),
  )
}
