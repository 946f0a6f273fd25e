import { ConfigError, readConfig } from './config.ts'
import { DirectoryLocked, lockDirectory } from './db/lock.ts'
import { EXIT_LOCKED } from './exit.ts'

try {
  const config = readConfig(process.env)
  // the lock is asked for while the rest of the house is loaded: whoever must go away hears it at once
  const lock = config.databaseUrl ? undefined : lockDirectory(config.dataDir)
  const [{ startProcess }, unlock] = await Promise.all([import('./process.ts'), lock])
  await startProcess(config, unlock)
} catch (error) {
  // what an operator can mend is one clear line; anything else keeps its stack
  const isPlain = error instanceof ConfigError || error instanceof DirectoryLocked || isUnsafe(error)
  console.error(isPlain && error instanceof Error ? error.message : error)
  process.exit(error instanceof DirectoryLocked ? EXIT_LOCKED : 1)
}

// by name: its class comes with the database, which is loaded last
function isUnsafe(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnsafePostgres'
}
