import { randomUUID } from 'node:crypto'
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** Another process uses the data directory. */
export class DirectoryLocked extends Error {
  constructor(dataDir: string, owner: string) {
    super(
      `The data directory ${dataDir} is in use by ${owner}. The embedded database serves one process: stop that one first, or set DATABASE_URL.`,
    )
    this.name = 'DirectoryLocked'
  }
}

interface Owner {
  token: string
  pid: number
  host: string
  /** Which processes it can see: a pid says nothing in another container. */
  pidSpace: string | null
  /** When the process started, in the kernel's ticks: a pid that was given out again is another process. */
  startTicks: string | null
}

const HEARTBEAT_MS = 5_000
/** An owner on another host is believed as long as its heart beats. */
const SILENT_MS = 30_000
/** Whoever takes over a stale lock at the same moment has been seen after this time. */
const SETTLE_MS = 200
const TRIES_MAX = 10

/** The one owner of a data directory, until the answer is called or the process is gone. A lock whose owner is dead is taken over at once. */
export async function lockDirectory(dataDir: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'kontor.lock')
  const self: Owner = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    pidSpace: pidSpace(),
    startTicks: processOf(process.pid)?.startTicks ?? null,
  }
  const draft = `${path}.${self.token}`
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600, flag: 'wx' })
  try {
    await acquire(dataDir, path, draft, self)
  } finally {
    rmSync(draft, { force: true })
  }

  const beat = setInterval(() => touch(path), HEARTBEAT_MS)
  beat.unref()
  return () => {
    clearInterval(beat)
    if (ownerOf(path)?.token === self.token) rmSync(path, { force: true })
  }
}

async function acquire(dataDir: string, path: string, draft: string, self: Owner): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (linked(draft, path)) {
      // nothing is touched before it is certain that nobody took this lock for the stale one
      await wait(SETTLE_MS)
      const owner = ownerOf(path)
      if (owner?.token === self.token) return
      throw new DirectoryLocked(dataDir, nameOf(owner))
    }
    const owner = ownerOf(path)
    if (owner && isAlive(owner, path)) throw new DirectoryLocked(dataDir, nameOf(owner))
    discard(path, owner)
  }
  throw new DirectoryLocked(dataDir, 'processes that start at the same time')
}

/** Moves a stale lock away; one that turns out to be somebody's fresh lock is put back. */
function discard(path: string, stale: Owner | undefined): void {
  const aside = `${path}.stale-${randomUUID()}`
  try {
    renameSync(path, aside)
    if (ownerOf(aside)?.token !== stale?.token) linked(aside, path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/** A hard link is made by one process only, whatever the timing. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

function ownerOf(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner // written by this file
  } catch (error) {
    // an unreadable lock names nobody who could be alive
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return
    throw error
  }
}

const nameOf = (owner: Owner | undefined): string =>
  owner ? `process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}` : 'another process'

function isAlive(owner: Owner, path: string): boolean {
  if (owner.host !== hostname())
    return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < SILENT_MS
  const found = processOf(owner.pid)
  if (found === undefined) return signalReaches(owner.pid)
  if (found === null) return false
  // a killed process stays a zombie until its parent asks for it
  return (
    found.state !== 'Z' && found.state !== 'X' && (owner.startTicks === null || found.startTicks === owner.startTicks)
  )
}

function pidSpace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null // no Linux: one space for all
  }
}

/** What the kernel says of a process: null when there is none, undefined where there is no /proc to ask. */
function processOf(pid: number): { state: string; startTicks: string } | null | undefined {
  if (process.platform !== 'linux') return
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
  } catch {
    return null
  }
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // somebody removed the folder under a running process: the database will say so
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
