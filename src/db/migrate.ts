import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator'
import type pg from 'pg'
import type { Db } from './client.ts'
import { prepareSql } from './statement.ts'

const migrationsFolder = join(import.meta.dirname, '../../migrations')

/** Processes that start together migrate one after another. */
const MIGRATION_LOCK = 7_261_002

/** Brings the schema up to date; nothing where it is. */
export async function migrate(db: Db): Promise<void> {
  if (db.native instanceof PGlite) return migratePglite(drizzlePglite(db.native), { migrationsFolder })
  await migrateServer(db.native)
}

async function migrateServer(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('set statement_timeout = 0')
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await migratePostgres(drizzlePostgres(client), { migrationsFolder })
  } finally {
    // the lock and the setting go with the session
    client.release(true)
  }
}

const applied = prepareSql<object, { count: number }>()(
  () => sql`select count(*)::int as count from drizzle.__drizzle_migrations`,
)

/** How many migrations this program knows that the database has not seen. */
export async function pendingMigrations(db: Db): Promise<number> {
  const journal: unknown = JSON.parse(readFileSync(join(migrationsFolder, 'meta/_journal.json'), 'utf8'))
  const entries =
    typeof journal === 'object' && journal !== null && 'entries' in journal && Array.isArray(journal.entries)
      ? journal.entries.length
      : 0
  const [row] = (await db.query(applied.bind({}))).rows
  return entries - (row?.count ?? 0)
}
