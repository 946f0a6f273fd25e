import { ConfigError, readConfig } from './config.ts'
import { DirectoryLocked } from './db/lock.ts'
import { EXIT_LOCKED } from './exit.ts'
import { startProcess } from './process.ts'

try {
  await startProcess(readConfig(process.env))
} catch (error) {
  // what an operator can mend is one clear line; anything else keeps its stack
  const isPlain = error instanceof ConfigError || error instanceof DirectoryLocked
  console.error(isPlain ? error.message : error)
  process.exit(error instanceof DirectoryLocked ? EXIT_LOCKED : 1)
}
