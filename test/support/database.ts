import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { Db } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPglite } from '../../src/db/pglite.ts'
import { openPostgres } from '../../src/db/postgres.ts'

/** A server to test on; without one each file has an embedded database. */
const server = process.env.TEST_DATABASE_URL

export const onPostgres = server !== undefined

/** An empty database on the test server. */
export async function makeDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  if (!server) throw new Error('there is no server to make a database on')
  const name = `kontor_test_${randomBytes(6).toString('hex')}`
  await admin(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => admin(server, `drop database ${name} with (force)`) }
}

async function admin(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

/** A migrated database for one test file, and its address where it is a server's. */
export async function openTestDatabase(): Promise<{ db: Db; url: string | undefined; close(): Promise<void> }> {
  if (!server) {
    const db = await openPglite(undefined, await migratedImage())
    return { db, url: undefined, close: () => db.close() }
  }
  const { url, drop } = await makeDatabase()
  const db = openPostgres(url, () => {})
  await migrate(db)
  const close = async () => {
    await db.close()
    await drop()
  }
  return { db, url, close }
}

/** Making a database takes seconds, loading one less than one: the image of each schema is kept for later files and runs. */
async function migratedImage(): Promise<Blob> {
  const path = join(tmpdir(), `kontor-test-${schemaHash()}.tar`)
  if (!existsSync(path)) {
    const db = await openPglite()
    await migrate(db)
    if (!(db.native instanceof PGlite)) throw new Error('not an embedded database')
    const image = await db.native.dumpDataDir('none')
    await db.close()
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, Buffer.from(await image.arrayBuffer()))
    renameSync(draft, path)
  }
  return new Blob([readFileSync(path)]) // whole in memory: another file that made the image too may put its own in this place
}

function schemaHash(): string {
  const folder = join(import.meta.dirname, '../../migrations')
  const hash = createHash('sha256').update(readFileSync(join(import.meta.dirname, '../../package-lock.json')))
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort())
    hash.update(readFileSync(join(folder, file)))
  return hash.digest('hex').slice(0, 16)
}
