import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { chown, mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type ServerDatabase, startGuard } from './process.ts'

const run = promisify(execFile)

/** A throw-away server with one empty database, as durable as in production: fsync and synchronous_commit are on. */
export async function startPostgres(): Promise<ServerDatabase> {
  const bin = binaries()
  const folder = await mkdtemp(join(tmpdir(), 'kontor-postgres-'))
  const cluster = join(folder, 'cluster')
  const user = await ownerOf(folder)
  const stop = [...user, join(bin, 'pg_ctl'), '-D', cluster, '-m', 'immediate', '-w', 'stop'].map(quoted).join(' ')
  const guard = startGuard(`cat >/dev/null; cd "$0" && ${stop}; rm -rf "$0"`, folder)
  const drop = () => guard.end()
  try {
    const asUser = async (name: string, ...rest: string[]) => {
      const [command = '', ...args] = [...user, join(bin, name), '-D', cluster, ...rest]
      await run(command, args, { cwd: folder })
    }
    const port = await freePort()
    await asUser('initdb', '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions', '-N')
    const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`
    await asUser('pg_ctl', '-w', '-l', join(folder, 'log'), '-o', options, 'start')
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, drop }
  } catch (error) {
    await drop()
    throw error
  }
}

/** The folder on the PATH, else the newest installation. */
function binaries(): string {
  const versionOf = (path: string) => Number(/postgresql\/(\d+)/.exec(path)?.[1] ?? 0)
  const installed = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => versionOf(b) - versionOf(a))
  const found = [...(process.env.PATH ?? '').split(delimiter), ...installed].find((folder) =>
    ['initdb', 'pg_ctl'].every((name) => existsSync(join(folder, name))),
  )
  if (found === undefined) throw new Error('There is no Postgres here: install one, or set TEST_DATABASE_URL')
  return found
}

/** Postgres refuses to run as root: then the folder is the user postgres's. Answers what its commands begin with. */
async function ownerOf(folder: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return []
  const idOf = async (kind: string) => Number((await run('id', [kind, 'postgres'])).stdout)
  await chown(folder, await idOf('-u'), await idOf('-g'))
  return ['runuser', '-u', 'postgres', '--']
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
