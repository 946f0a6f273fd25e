// Fails when drizzle-kit has anything to say: a table was changed and its migration is missing. Works on a copy.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const copy = mkdtempSync(join(tmpdir(), 'kontor-migrations-'))
try {
  const out = join(copy, 'migrations')
  if (existsSync('migrations')) cpSync('migrations', out, { recursive: true })
  const config = join(copy, 'drizzle.config.json')
  writeFileSync(config, JSON.stringify({ ...(await settings()), out: relative('.', out) }))
  const { status, stdout, stderr } = spawnSync('drizzle-kit', ['generate', '--config', config], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const changed = differences('migrations', out)
  // drizzle-kit ends with 0 after some of its errors, too.
  const failed = status !== 0 || !/No schema changes|Your SQL migration file/.test(stdout)
  if (failed) console.error(stdout, stderr)
  if (changed.length > 0) console.error(`npm run migrations would write: ${changed.join(', ')}`)
  if (failed || changed.length > 0) process.exitCode = 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

async function settings() {
  const { default: settings } = await import('../drizzle.config.ts')
  return settings
}

/** The files that are not the same in both folders. */
function differences(before, after) {
  const [old, fresh] = [before, after].map(contents)
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name))
}

function contents(folder) {
  const files = globSync('**', { cwd: folder }).filter((name) => statSync(join(folder, name)).isFile())
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}
