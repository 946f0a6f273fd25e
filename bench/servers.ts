import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './postgres.ts'

const run = promisify(execFile)

/** Long, so that Kontor takes it; it opens a database that lives for minutes. */
export const KEY = 'bench-Zx8rT2qLw9vKp4mN7cJd5hFs3yGa'

export interface Server {
  port: number
  smtpPort: number
  /** Resident memory of the process, in KiB. */
  memory(): Promise<number>
  stop(): Promise<void>
}

const KONTOR = fileURLToPath(import.meta.resolve('../src/main.ts'))
const LIMIT = fileURLToPath(import.meta.resolve('./limit.ts'))

/** The product as it is started by its users, with the roles of the workloads. */
export async function startKontor(databaseUrl: string, roles: string, profile: string | undefined): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-bench-'))
  const settings = { LOG_LEVEL: 'warn', KONTOR_ROLES: roles, BOOTSTRAP_API_KEY: KEY, DATA_DIR: folder }
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const server = await start([...flags, KONTOR], { ...settings, DATABASE_URL: databaseUrl })
    return { ...server, stop: () => server.stop().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

/** The bare service; `ways` is how it writes. */
export const startLimit = (databaseUrl: string, ways: 'one' | 'tx'): Promise<Server> =>
  start([LIMIT, ways], { DATABASE_URL: databaseUrl })

/** As `npm start` has them; for all servers. */
const FLAGS = ['--disable-proto=delete', '--max-semi-space-size=8', '--max-old-space-size=1024']
const READY_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 15_000

async function start(args: readonly string[], settings: Record<string, string>): Promise<Server> {
  const port = await freePort()
  const smtpPort = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const env = {
    PATH,
    HOME,
    NODE_ENV: 'production',
    NODE_NO_WARNINGS: '1',
    PORT: String(port),
    SMTP_PORT: String(smtpPort),
    ...settings,
  }
  const child = spawn(process.execPath, [...FLAGS, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const stop = () => stopped(child)
  try {
    await ready(child, port)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    port,
    smtpPort,
    stop,
    memory: async () => Number((await run('ps', ['-o', 'rss=', '-p', String(child.pid)])).stdout),
  }
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode} at its start`)
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(50)
  }
  throw new Error('a server was not ready in time')
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(late)
}
