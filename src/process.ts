import closeWithGrace from 'close-with-grace'
import { type Logger, pino } from 'pino'
import { type App, createApp } from './app.ts'
import type { Config } from './config.ts'
import { openDatabase } from './database.ts'
import type { Db } from './db/client.ts'
import { journalMail } from './domain/inbound/journal-mail.ts'
import { mailRecipient } from './domain/mailboxes/recipient.ts'
import { followSlaPolicies } from './domain/sla/follow-sla-policies.ts'
import { followWord } from './domain/types/follow-word.ts'
import { sayHello } from './hello.ts'
import { bulkChanger, eraser } from './jobs/bulk.ts'
import { contractWork } from './jobs/contracts.ts'
import { digestWork } from './jobs/digests.ts'
import { startIndexing } from './jobs/indexing.ts'
import { announcePresence } from './jobs/presence.ts'
import { ruleTimerWork } from './jobs/rule-timers.ts'
import { scheduleCleanUp } from './jobs/schedule.ts'
import { simulator } from './jobs/simulations.ts'
import { slaClockWork } from './jobs/sla-clocks.ts'
import { snoozeWork } from './jobs/snoozes.ts'
import { SYSTEM } from './kernel/actor.ts'
import { newId } from './kernel/ids.ts'
import { createReceiver, type Receiver } from './mail/in/receive.ts'
import { rememberedBriefly } from './mail/in/recipients.ts'
import { createSmtpListener, type TlsSettings } from './mail/in/server.ts'
import { readDkimKeys } from './mail/out/dkim.ts'
import { mailSender } from './mail/out/send.ts'
import { createTransport } from './mail/out/transport.ts'
import { recordMetrics } from './metrics.ts'
import { version } from './version.ts'

/** Requests and mails under way may end within this time; supervisors should give more. */
const GRACE_SECONDS = 25
const EXIT_AFTER_MS = 30_000
/** What was accepted is filed within this time, or left to the queue. */
const FINISH_MS = 15_000
const MAILS_AT_ONCE = 8
/** A queue worked one by one would wait for the next poll after each: see `burstWhenBatchFull`. */
const SIMULATIONS_AT_ONCE = 2
const BULK_CHANGES_AT_ONCE = 2
const ERASURES_AT_ONCE = 2
/** Whose turn comes when is the receiver's business: it is never without a mail to read. */
const PARSE_MAILS_AT_ONCE = 32

/** Where a running process listens. */
export interface Running {
  httpPort: number
  smtpPort: number | undefined
  stop(): Promise<void>
}

type Stop = () => Promise<unknown> | unknown

/** Config → database → app → listeners → worker, and back on SIGTERM: nobody new is let in, what runs may end, then the ground is closed. */
export async function startProcess(config: Config, lock?: () => void): Promise<Running> {
  const log = pino({
    level: config.logLevel,
    redact: [
      'req.headers.authorization',
      'headers.authorization',
      '*.authorization',
      '*.accessToken',
      '*.key',
      '*.password',
      '*.currentPassword',
      '*.refreshToken',
      '*.token',
    ],
  })
  // those who let work in stop together; what stands behind them follows, last opened first
  const doors: Stop[] = []
  const stops: Stop[] = []
  let stopping = false
  const stop = async () => {
    stopping = true
    await Promise.all(doors.splice(0).map((close) => close()))
    for (const end of stops.splice(0).reverse()) await end()
  }
  const grace = closeWithGrace({ delay: EXIT_AFTER_MS }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'stopping after an error that nobody handled')
    else log.info({ signal }, 'stopping')
    await stop()
  })

  try {
    const { db, firstKey, close } = await openDatabase(config, log, lock)
    stops.push(close)
    const metrics = recordMetrics(db)
    const app = await createApp({ config, db, clock: () => new Date(), log, metrics, version })
    stops.push(() => app.close())
    app.readiness.set('process', () => (stopping ? 'stopping' : 'ok'))
    const worker = config.roles.includes('worker') ? await startWorker(app, config, db, log) : undefined
    if (worker) doors.push(worker.stop)
    const smtpPort = config.roles.includes('smtp')
      ? await startSmtp(app, config, log, { doors, receiver: worker?.receiver })
      : undefined
    doors.push(() => app.http.close())
    const httpPort = await listen(app, config)
    sayHello({ config, httpPort, smtpPort, firstKey })
    const leave = async () => {
      grace.uninstall()
      await stop()
    }
    return { httpPort, smtpPort, stop: leave }
  } catch (error) {
    grace.uninstall()
    await stop()
    throw error
  }
}

async function listen({ http }: App, { host, port }: Config): Promise<number> {
  await http.listen({ host, port })
  const address = http.server.address()
  return typeof address === 'object' && address ? address.port : port
}

interface MailWorker {
  receiver: Receiver
  stop: Stop
}

async function startWorker(
  app: App,
  { smtpRelayUrl, mailDomain, dkimKeys }: Config,
  db: Db,
  log: Logger,
): Promise<MailWorker> {
  const workerId = newId('job')
  const desk = app.desk.as(SYSTEM, { channel: 'email' })
  const rules = app.desk.as(SYSTEM, { channel: 'rule' })
  const signing = { ehloName: mailDomain, dkimKeys: await readDkimKeys(dkimKeys) }
  const transport = smtpRelayUrl ? createTransport({ relayUrl: smtpRelayUrl, ...signing }) : undefined
  const onError = (error: unknown) => log.error({ err: error }, 'work on a timer failed')
  app.parser.warm()
  const presence = await announcePresence({
    desk,
    workerId,
    embedded: db.kind === 'pglite',
    holdLock: db.holdLock,
    onError,
  })
  const receiver = createReceiver({ desk, parser: app.parser, spool: app.spool, workerId, onError })
  // only now: a claim of a worker that nobody knows would be missed by nobody
  await app.queue.work({
    'mail.parse': { handle: receiver.receive, atOnce: PARSE_MAILS_AT_ONCE },
    'ticket.bulk': {
      handle: bulkChanger(app.desk.as(SYSTEM, { channel: 'api' }), onError),
      atOnce: BULK_CHANGES_AT_ONCE,
    },
    'person.erase': { handle: eraser(app.desk.as(SYSTEM, { channel: 'api' }), onError), atOnce: ERASURES_AT_ONCE },
    'words.follow': { handle: async (word) => void (await rules.execute(followWord, word)), atOnce: 1 },
    'sla.follow': { handle: async (from) => void (await rules.execute(followSlaPolicies, from)), atOnce: 1 },
    'rule.simulate': { handle: simulator(desk, onError), atOnce: SIMULATIONS_AT_ONCE },
    ...(transport
      ? {
          'mail.send': {
            handle: mailSender({ desk, transport, workerId, instanceId: app.secrets.instanceId }),
            atOnce: MAILS_AT_ONCE,
          },
        }
      : {}),
  })
  const cleaning = scheduleCleanUp(desk, onError)
  const indexing = startIndexing(desk, onError)
  const timers = ruleTimerWork.start(rules, onError)
  const clocks = slaClockWork.start(rules, onError)
  const waking = snoozeWork.start(rules, onError)
  const turning = contractWork.start(rules, onError)
  const digesting = digestWork.start(desk, onError)
  const stop = async () => {
    cleaning.stop()
    await Promise.all([
      ...[indexing, timers, clocks, waking, turning, digesting].map((each) => each.stop()),
      receiver.finish(FINISH_MS),
      app.queue.stop(),
    ])
    await presence.stop()
    transport?.close()
  }
  return { receiver, stop }
}

async function startSmtp(
  app: App,
  config: Config,
  log: Logger,
  { doors, receiver }: { doors: Stop[]; receiver: Receiver | undefined },
): Promise<number> {
  const desk = app.desk.as(SYSTEM, { channel: 'email' })
  const listener = createSmtpListener({
    host: config.smtpHost,
    port: config.smtpPort,
    mailBytesMax: config.mailBytesMax,
    trustedRelays: [...config.smtpTrustedRelays],
    log,
    tls: tlsOf(config),
    spool: app.spool,
    recipient: rememberedBriefly((address) => desk.read(mailRecipient, { address })),
    journal: ({ mailFrom, rcptTo, peer, size, content }) => {
      const mail = { mailFrom, rcptTo, peer, size, content }
      return receiver ? receiver.accept(mail) : desk.execute(journalMail, mail)
    },
  })
  const { port, implicitPort } = await listener.listen()
  if (implicitPort !== undefined) log.info({ port: implicitPort }, 'mail is taken with TLS from the first byte')
  let isUp = true
  app.readiness.set('smtp', () => (isUp ? 'ok' : 'down'))
  doors.push(() => {
    isUp = false
    return listener.close(GRACE_SECONDS)
  })
  return port
}

function tlsOf({ smtpTlsCert, smtpTlsKey, requireTls, smtpsPort }: Config): TlsSettings | undefined {
  if (!smtpTlsCert || !smtpTlsKey) return
  return { certPath: smtpTlsCert, keyPath: smtpTlsKey, required: requireTls, implicitPort: smtpsPort }
}
