import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** Where large mail lies while it is received or read: files of this process only, none of which outlives it for long. */
export interface SpoolFolder {
  /** A new empty folder. Whoever asked removes it. */
  make(): Promise<{ path: string; remove(): Promise<void> }>
  close(): Promise<void>
}

/** Several desks may live in one process. */
const ours = new Set<string>()
const TOUCH_MS = 3_600_000
/** Another machine's folder that nobody has touched so long is nobody's. */
const ABANDONED_MS = 24 * TOUCH_MS

/** `spool/` in the data directory. Folders of processes that are gone are removed at once; one of our own is made when it is needed. */
export async function openSpoolFolder(dataDir: string): Promise<SpoolFolder> {
  const root = join(dataDir, 'spool')
  const name = `${hostname()}.${process.pid}.${randomUUID()}`
  const own = join(root, name)
  await removeAbandoned(root)
  let made: Promise<unknown> | undefined
  let touching: NodeJS.Timeout | undefined

  const makeOwn = async () => {
    ours.add(name)
    await mkdir(own, { recursive: true, mode: 0o700 })
    touching = setInterval(() => void utimes(own, new Date(), new Date()).catch(() => {}), TOUCH_MS)
    touching.unref()
  }
  return {
    async make() {
      made ??= makeOwn().catch((error) => {
        made = undefined
        throw error
      })
      await made
      const path = join(own, randomUUID())
      await mkdir(path, { mode: 0o700 })
      return { path, remove: () => rm(path, { recursive: true, force: true }) }
    },
    async close() {
      clearInterval(touching)
      if (made) await rm(own, { recursive: true, force: true })
    },
  }
}

async function removeAbandoned(root: string): Promise<void> {
  const names = await readdir(root).catch(() => [])
  for (const name of names)
    if (await isAbandoned(join(root, name), name)) await rm(join(root, name), { recursive: true, force: true })
}

async function isAbandoned(path: string, name: string): Promise<boolean> {
  const [host, pid] = name.split(/\.(?=\d+\.[^.]*$)/)
  if (host === hostname()) return !ours.has(name) && !isAlive(Number.parseInt(pid ?? '', 10))
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
  return Date.now() - mtimeMs > ABANDONED_MS
}

/** A number that was given out again looks alive: its folder goes at a later start. Our own was given to us only now. */
function isAlive(pid: number): boolean {
  if (pid === process.pid || !(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
