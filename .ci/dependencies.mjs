// The dependency rule of .dependency-cruiser.cjs. With a TypeScript that it does not know, dependency-cruiser silently
// reads nothing and is content; so what it saw is counted too.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const { stdout, stderr, error } = spawnSync('depcruise', ['src', '--output-type', 'json'], {
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
})
if (error || !stdout.startsWith('{')) throw new Error(`dependency-cruiser did not run: ${error ?? stderr}`)

const { modules, summary } = JSON.parse(stdout)
const ours = modules.filter(({ source }) => source.startsWith('src/')).map(({ source }) => source)
const unseen = globSync('src/**/*.ts').filter((file) => !ours.includes(file.replaceAll('\\', '/')))

for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} → ${to}`)
for (const file of unseen) console.error(`not seen by dependency-cruiser: ${file}`)
if (ours.length === 0) console.error('dependency-cruiser saw no module at all')
if (summary.error > 0 || unseen.length > 0 || ours.length === 0) process.exitCode = 1
else console.log(`${ours.length} modules, ${summary.totalDependenciesCruised} dependencies, none against the arrow`)
