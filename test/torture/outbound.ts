import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { openPglite } from '../../src/db/pglite.ts'
import { eventually, type Home, openHome } from '../support/process.ts'
import { startFaultyRelay } from './faulty-relay.ts'
import type { KillParts, TortureResult } from './kill.ts'
import { beginLife } from './life.ts'
import { randomFrom } from './random.ts'
import { readAll } from './target.ts'
import { writeAll } from './writer.ts'

interface Sent {
  id: string
  messageId: string
  state: string
  kind: string
  smtpResponse: string | null
  attempts: number
}

const FAULTS = { later: 0.3, never: 0.05, dropped: 0.1 }
const CONNECTIONS = 8
/** Mails that a process sends at once: so many may have been taken by the relay and not been written down when it is killed. */
const AT_ONCE = 8
const DELAY_MS_MAX = 1_500
const RUSH_MS = 200
const ANSWERED_WITHIN_MS = 500
const SETTLED_WITHIN_MS = 120_000

/** Replies through a relay that refuses, defers and hangs up, by a process that is killed: each is delivered or has its reason. */
export async function outboundRun({ mails, kills, seed, database }: KillParts): Promise<TortureResult> {
  const random = randomFrom(seed)
  const relay = await startFaultyRelay(FAULTS, random)
  const home = withRelay(await openHome(database), relay.port)
  const clock = database ? await rushOn(database.url) : rushBetween(home.dataDir)
  const end = new AbortController()
  try {
    const life = await beginLife(home, end.signal, [], clock.between)
    const { target } = life
    clock.begin()
    const run = `o${seed.toString(36)}`
    // each of another person: an address that is refused for good gets nothing more
    const writes = mails * 2
    const work = writeAll({ target, writes, requesters: writes, connections: CONNECTIONS, run, onWritten: () => {} })
    for (let n = 0; n < kills; n++) {
      await wait(random.integer(0, DELAY_MS_MAX))
      await life.kill()
    }
    const { written, refused } = await work
    const replies = written.filter(({ kind }) => kind === 'reply').length
    const rows = () => readAll<Sent>(target, '/mail/outbound')
    const tried = new Map<string, number>()
    const isWaiting = ({ id, state, attempts }: Sent) => state === 'deferred' && attempts > (tried.get(id) ?? 0)
    const open = async () => (await rows()).filter((row) => !isSettled(row))
    await eventually(async () => {
      const left = await open()
      if (!left.length || !clock.takesKills || !left.every(isWaiting)) return !left.length
      // each was tried in this life; an attempt counts from its beginning
      await wait(ANSWERED_WITHIN_MS)
      for (const { id, attempts } of await open()) tried.set(id, attempts)
      await life.kill()
      return false
    }, SETTLED_WITHIN_MS)
    return judged(await rows(), { taken: relay.taken, drops: relay.drops(), kills: life.kills(), replies, refused })
  } finally {
    end.abort()
    await clock.stop()
    await home.close()
    await relay.close()
  }
}

const isSettled = ({ state }: Sent): boolean => state === 'sent' || state === 'failed' || state === 'suppressed'

interface Ledger {
  taken: string[]
  drops: number
  kills: number
  replies: number
  refused: string[]
}

function judged(rows: Sent[], { taken, drops, kills, replies, refused }: Ledger): TortureResult {
  const known = new Set(rows.map(({ messageId }) => messageId))
  const arrived = new Set(taken)
  const repeats = taken.length - arrived.size
  const failed = rows.filter(({ state }) => state === 'failed')
  // an address that was refused for good gets nothing more
  const suppressed = rows.filter(({ state }) => state === 'suppressed')
  const sent = rows.length - failed.length - suppressed.length
  const mailed = rows.filter(({ kind }) => kind === 'reply').length
  return {
    figures: `${rows.length} mails, ${sent} sent, ${failed.length} refused for good, ${suppressed.length} not tried after that, ${drops} answers lost, ${kills} kills, ${repeats} arrived again`,
    violations: [
      ...refused,
      ...(mailed === replies ? [] : [`${replies} replies made ${mailed} mails`]),
      ...rows.filter((row) => !isSettled(row)).map(({ id, state }) => `${id} is ${state}`),
      ...suppressed.filter(({ smtpResponse }) => !smtpResponse).map(({ id }) => `${id} is suppressed without a reason`),
      ...rows
        .filter(({ state, messageId }) => state === 'sent' && !arrived.has(messageId))
        .map(({ id }) => `${id} was never taken`),
      ...failed
        .filter(({ smtpResponse }) => !smtpResponse?.includes('5.1.1'))
        .map(({ id, smtpResponse }) => `${id} failed: ${smtpResponse}`),
      ...[...arrived].filter((messageId) => !known.has(messageId)).map((messageId) => `${messageId} is nobody's`),
      ...(repeats > drops + kills * AT_ONCE
        ? [`${repeats} mails arrived again, for ${drops} lost answers and ${kills} kills`]
        : []),
    ],
  }
}

function withRelay(home: Home, port: number): Home {
  const relay = { SMTP_RELAY_URL: `smtp://127.0.0.1:${port}` }
  return {
    ...home,
    launch: (env) => home.launch({ ...relay, ...env }),
    start: (env) => home.start({ ...relay, ...env }),
  }
}

/** Minutes and hours pass at once for mail that waits to be tried again; nothing else in the service is hurried. */
const HURRY = [
  `update outbound_mails set next_attempt_at = now() where state = 'deferred' and next_attempt_at > now()`,
  `update outbox set start_at = now() where queue = 'mail.send' and start_at > now()`,
  `update pgboss.job set start_after = now() where name = 'mail.send' and start_after > now()`,
]

interface Rush {
  begin(): void
  /** While no process lives. */
  between(): Promise<void>
  /** Time passes only between two lives. */
  takesKills: boolean
  stop(): Promise<void>
}

async function rushOn(url: string): Promise<Rush> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  let timer: NodeJS.Timeout | undefined
  let rushing: Promise<unknown> = Promise.resolve()
  const rush = async () => {
    for (const text of HURRY) await client.query(text)
  }
  return {
    begin() {
      timer = setInterval(() => {
        // a command may hold a row: the next round comes soon
        rushing = rushing.then(rush).catch(() => {})
      }, RUSH_MS)
    },
    between: async () => {},
    takesKills: false,
    async stop() {
      clearInterval(timer)
      await rushing
      await client.end()
    },
  }
}

/** The embedded database lets nobody else in while its process lives. */
const rushBetween = (dataDir: string): Rush => ({
  begin() {},
  async between() {
    const db = await openPglite(join(dataDir, 'pglite'))
    try {
      for (const text of HURRY) await db.script(text)
    } finally {
      await db.close()
    }
  },
  takesKills: true,
  stop: async () => {},
})
