import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Db } from './db/client.ts'
import { isDurable } from './db/durability.ts'
import { lockDirectory } from './db/lock.ts'
import { migrate } from './db/migrate.ts'
import { openPglite } from './db/pglite.ts'
import { openPostgres } from './db/postgres.ts'
import { makeFirstDesk } from './domain/access/first-desk.ts'
import { seedRules } from './domain/rules/seed.ts'

/** A server that may lose what it has committed. */
class UnsafePostgres extends Error {
  constructor() {
    super(
      'This Postgres runs with fsync off: what Kontor has answered for could be lost. Turn it on, or set UNSAFE_POSTGRES=allow.',
    )
    this.name = 'UnsafePostgres'
  }
}

export interface OpenDatabase {
  db: Db
  /** The first admin's key, at the first start only. */
  firstKey: string | undefined
  close(): Promise<void>
}

/** The database of a configuration, locked (or with a lock taken before), migrated, and with a desk in it. */
export async function openDatabase(config: Config, log: Logger, lock?: () => void): Promise<OpenDatabase> {
  const { db, unlock } = await connect(config, log, lock)
  const close = async () => {
    await db.close()
    unlock()
  }
  try {
    if (db.kind === 'postgres' && config.unsafePostgres === 'refuse' && !(await isDurable(db)))
      throw new UnsafePostgres()
    await migrate(db)
    const firstKey = await makeFirstDesk(
      db,
      () => new Date(),
      config,
      (key) => keepKey(config.dataDir, key),
    )
    await seedRules(db, () => new Date())
    return { db, firstKey, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function connect(
  { databaseUrl, dataDir }: Config,
  log: Logger,
  lock?: () => void,
): Promise<{ db: Db; unlock(): void }> {
  if (databaseUrl)
    return {
      db: openPostgres(databaseUrl, (error) => log.warn({ err: error }, 'an idle database connection broke')),
      unlock: () => {},
    }
  const unlock = lock ?? (await lockDirectory(dataDir))
  try {
    return { db: await openPglite(join(dataDir, 'pglite')), unlock }
  } catch (error) {
    unlock()
    throw error
  }
}

/** The first key in a file that only its owner reads, in case the terminal is gone. */
function keepKey(dataDir: string, key: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(join(dataDir, 'first-api-key'), `${key}\n`, { mode: 0o600 })
}
