import { ConfigError, readConfig } from './config.ts'
import { DirectoryLocked } from './db/lock.ts'
import { startProcess } from './process.ts'

/** EX_TEMPFAIL: try again when the other process has ended. */
const EXIT_LOCKED = 75

try {
  await startProcess(readConfig(process.env))
} catch (error) {
  // what an operator can mend is one clear line; anything else keeps its stack
  const isPlain = error instanceof ConfigError || error instanceof DirectoryLocked
  console.error(isPlain ? error.message : error)
  process.exit(error instanceof DirectoryLocked ? EXIT_LOCKED : 1)
}
