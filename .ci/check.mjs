// Every gate, one after another, in one readable list: the same by hand and in CI. What a gate says is shown when it fails.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** What holds, and the npm script that proves it. */
const gates = [
  ['format and lint', 'lint'],
  ['types', 'types'],
  ['dependency rule', 'layers'],
  ['nothing unused', 'unused'],
  ['contract unchanged', 'contract:check'],
  ['migrations unchanged', 'migrations:check'],
  ['openapi.yaml is sound', 'openapi'],
  ['tests', 'test'],
]

const root = join(import.meta.dirname, '..')
const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' }
// CI=true lets tap print what failed without drawing its progress over and over.
const env = { ...process.env, ...quiet, CI: 'true', TAP_REPORTER: 'base' }

const failed = []
for (const [name, script] of gates) {
  const since = performance.now()
  const { code, output } = await run(script)
  const seconds = ((performance.now() - since) / 1000).toFixed(1).padStart(6)
  console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(24)}${seconds} s`)
  if (code === 0) continue
  failed.push(name)
  console.log(output.replaceAll(/^/gm, '    '))
}
if (failed.length > 0) {
  console.log(`\n${failed.length} of ${gates.length} gates failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

/** Runs one gate to its end and keeps what it says. */
function run(script) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
