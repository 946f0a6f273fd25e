// tap notices its changed list of plugins only while it runs, when the loader of TypeScript is in place already: the first
// run of a fresh checkout would fail on every file. So it is built before, once after each install.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const built = join(import.meta.dirname, '../node_modules', '@tapjs/test', 'test-built/src/index.ts')

if (!isBuilt()) {
  const { status } = spawnSync('tap', ['build'], { stdio: ['ignore', 'ignore', 'inherit'] })
  process.exitCode = status ?? 1
}

function isBuilt() {
  try {
    return !readFileSync(built, 'utf8').includes('@tapjs/typescript')
  } catch {
    return false
  }
}
