import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)

export interface Postgres {
  /** An address of a new, empty database. */
  createDatabase(name: string): Promise<string>
  /** Takes away all that was made here, and nothing else. */
  close(): Promise<void>
}

/** The server at an address, or a throw-away one on this machine. */
export async function openPostgres(address: string | undefined): Promise<Postgres> {
  const { url, stop } = address === undefined ? await startServer() : { url: address, stop: async () => {} }
  const made: string[] = []
  return {
    async createDatabase(name) {
      const database = `${name}_${process.pid}`
      await execute(url, `create database ${database}`)
      made.push(database)
      const own = new URL(url)
      own.pathname = `/${database}`
      return own.href
    },
    async close() {
      // a server of ours goes with its folder
      if (address !== undefined) for (const name of made) await execute(url, `drop database ${name} with (force)`)
      await stop()
    },
  }
}

/** Counts messages, on a connection of its own. */
export async function openCounter(url: string): Promise<{ count(): Promise<number>; close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // the query fails with it
  await client.connect()
  return {
    count: async () => Number((await client.query('select count(*) from messages')).rows[0].count),
    close: () => client.end(),
  }
}

/** Statements without parameters, on a connection of their own. */
export async function execute(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {}) // the query fails with it
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

/** The default settings: fsync and synchronous_commit are on. */
async function startServer() {
  const bin = binaries()
  const folder = await mkdtemp(join(tmpdir(), 'kontor-bench-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const asOwner = await ownerOf(folder)
    const cluster = join(folder, 'cluster')
    const port = await freePort()
    await asOwner(join(bin, 'initdb'), [
      '-D',
      cluster,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-instructions',
    ])
    const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`
    await asOwner(join(bin, 'pg_ctl'), ['-D', cluster, '-w', '-l', join(folder, 'log'), '-o', options, 'start'])
    const stop = async () => {
      await asOwner(join(bin, 'pg_ctl'), ['-D', cluster, '-w', '-m', 'immediate', 'stop'])
      await remove()
    }
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop }
  } catch (error) {
    await remove()
    throw error
  }
}

/** The newest installation, unless one is on the PATH. */
function binaries(): string {
  const versionOf = (path: string) => Number(/postgresql\/(\d+)/.exec(path)?.[1] ?? 0)
  const installed = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => versionOf(b) - versionOf(a))
  const found = [...(process.env.PATH ?? '').split(delimiter), ...installed].find((folder) =>
    ['initdb', 'pg_ctl'].every((name) => existsSync(join(folder, name))),
  )
  if (found === undefined) throw new Error('no Postgres here: install one, or name one with --database')
  return found
}

/** Postgres refuses to run as root: then the folder and its commands are the user postgres's. */
async function ownerOf(folder: string) {
  const isRoot = process.getuid?.() === 0
  if (isRoot) {
    const idOf = async (kind: string) => Number((await run('id', [kind, 'postgres'])).stdout)
    await chown(folder, await idOf('-u'), await idOf('-g'))
  }
  return async (command: string, args: string[]): Promise<void> => {
    const all = [command, ...args]
    if (isRoot) await run('runuser', ['-u', 'postgres', '--', ...all], { cwd: folder })
    else await run(command, args, { cwd: folder })
  }
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}
