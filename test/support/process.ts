import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import packageJson from '../../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '../..')
/** What `npm start` hands to node. */
const [, ...arguments_] = packageJson.scripts.start.split(' ')
const READY_WITHIN_MS = 60_000
const LOOK_MS = 20

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  /** From the start of the process. */
  seconds: number
}

/** One process of the service, ready or not. */
interface Launched {
  pid(): number
  /** Where it listens, once /readyz says 200. Rejects when the process ends before. */
  ready: Promise<{ url: string; smtpPort: number; readySeconds: number }>
  ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** All it has said, on both streams. */
  output(): string
  /** The key that it printed. */
  firstKey(): string | undefined
}

/** A process that was ready. */
export type Service = Omit<Launched, 'ready'> & Awaited<Launched['ready']>

/** What processes share that follow one another: a data directory, perhaps a database on a server. */
export interface Home {
  dataDir: string
  launch(env?: Record<string, string>): Launched
  /** As a child of somebody who never asks for its end: killed, it stays a zombie. */
  launchUnreaped(env?: Record<string, string>): Launched
  start(env?: Record<string, string>): Promise<Service>
  /** Kills what still runs and removes every trace. */
  close(): Promise<void>
}

export interface ServerDatabase {
  url: string
  drop(): Promise<void>
}

// The folder is named by $0. The end of standard input is the end of whoever started this, in good order or by kill -9.
const CLEAN_UP = `cat >/dev/null
for pid in $(ls "$0/pids"); do kill -9 "$pid"; done
for n in 1 2 3 4 5 6 7 8 9; do rm -rf "$0" && exit; sleep 0.2; done`

const UNREAPED = '"$@" & : >"$0/pids/$!"; echo "$!" >"$0/unreaped"; exec sleep 600 >/dev/null 2>&1'

/** A new home: embedded, or with a database on a server, which goes with it. */
export async function openHome(database?: ServerDatabase): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-process-'))
  for (const name of ['pids', 'tmp']) await mkdir(join(folder, name))
  const guard = startGuard(CLEAN_UP, folder)
  const dataDir = join(folder, 'data')
  const running = new Set<ChildProcess>()
  const environment = (env: Record<string, string>) => ({
    PATH: process.env.PATH,
    TMPDIR: join(folder, 'tmp'),
    DATA_DIR: dataDir,
    PORT: '0',
    SMTP_PORT: '0',
    LOG_LEVEL: 'warn',
    ...(database ? { DATABASE_URL: database.url } : {}),
    ...env,
  })

  const launch = (command: string, args: string[], env: Record<string, string>, pid?: () => number): Launched => {
    const child = spawn(command, args, { cwd: root, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] })
    const note = join(folder, 'pids', String(child.pid))
    running.add(child)
    void writeFile(note, '').catch(() => {})
    child.once('exit', () => {
      running.delete(child)
      void rm(note, { force: true })
    })
    return launched(child, pid ?? (() => child.pid ?? 0))
  }
  const launchPlain: Home['launch'] = (env = {}) => launch(process.execPath, arguments_, env)

  return {
    dataDir,
    launch: launchPlain,
    launchUnreaped(env = {}) {
      const note = join(folder, 'unreaped')
      const pid = () => (existsSync(note) ? Number(readFileSync(note, 'utf8')) : 0)
      return launch('sh', ['-c', UNREAPED, folder, process.execPath, ...arguments_], env, pid)
    },
    async start(env) {
      const { ready, ...rest } = launchPlain(env)
      return { ...rest, ...(await ready) }
    },
    async close() {
      const ends = [...running].map((child) => once(child, 'exit'))
      for (const child of running) child.kill('SIGKILL')
      await Promise.all(ends)
      await guard.end()
      await database?.drop()
    },
  }
}

/** Runs a shell script, `$0` being a folder, when `end` is called or this process is gone, whatever ended it. */
export function startGuard(script: string, folder: string): { end(): Promise<void> } {
  // a session of its own, so that the terminal's ^C does not end it before us
  const guard = spawn('sh', ['-c', script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  guard.unref()
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref()
  return {
    async end() {
      guard.ref()
      const ended = once(guard, 'exit')
      guard.stdin.end()
      await ended
    },
  }
}

function launched(child: ChildProcess, pid: () => number): Launched {
  const since = performance.now()
  const secondsNow = () => (performance.now() - since) / 1_000
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => said.push(text))
  const output = () => said.join('')
  // an unreaped process has ended when nobody can write any more, a reaped one at the same moment
  const silent = Promise.all([child.stdout, child.stderr].map((stream) => stream && once(stream, 'close')))
  const ended = silent.then(async (): Promise<Ended> => {
    const seconds = secondsNow()
    if (child.pid === pid() && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return { code: child.exitCode, signal: child.signalCode, seconds }
  })
  const ready = readiness(child, output, ended).then((where) => ({ ...where, readySeconds: secondsNow() }))
  ready.catch(() => {}) // whoever launches a process that is to fail does not wait for it
  return {
    pid,
    ready,
    ended,
    output,
    kill: (signal) => void process.kill(pid(), signal),
    firstKey: () => /shown this once .*:\n +(\S+)\n/.exec(output())?.[1],
  }
}

const HELLO = /Kontor \S+ is ready: (http:\S+) \(.*mail on [\d.]+:(\d+)\n/

async function readiness(child: ChildProcess, output: () => string, ended: Promise<Ended>) {
  const failed = ended.then(({ code, signal }) => {
    throw new Error(`The service ended (${code ?? signal}) before it was ready:\n${output()}`)
  })
  const late = AbortSignal.timeout(READY_WITHIN_MS)
  const hello = async () => {
    for (;;) {
      const [, url, smtpPort] = HELLO.exec(output()) ?? []
      if (url) return { url, smtpPort: Number(smtpPort) }
      if (child.stdout) await once(child.stdout, 'data', { signal: late })
    }
  }
  const where = await Promise.race([hello(), failed])
  while (!(await isReady(where.url))) await Promise.race([wait(LOOK_MS, undefined, { signal: late }), failed])
  return where
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

/** What another process does can only be looked for: false when it was not so in time. */
export async function eventually(isSo: () => Promise<boolean>, withinMs = 10_000): Promise<boolean> {
  const until = performance.now() + withinMs
  for (;;) {
    if (await isSo()) return true
    if (performance.now() >= until) return false
    await wait(LOOK_MS)
  }
}
