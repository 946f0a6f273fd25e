// Adds up the tests of one or more runs from the raw TAP that tap wrote, and prints `N passed, N failed`.
// A test is a named block without blocks of its own: its name is a promise, kept or not. A file that crashes outside its
// tests and a run that did not end count as a failure each; a skipped test counts as nothing.
import { createReadStream, existsSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Parser } from 'tap-parser'

const tally = { passed: 0, failed: 0 }
for (const file of process.argv.slice(2)) {
  const before = tally.failed
  const ok = existsSync(file) && (await count(file))
  if (!ok && tally.failed === before) tally.failed += 1
}
console.log(`${tally.passed} passed, ${tally.failed} failed`)
if (tally.failed > 0 || tally.passed === 0) process.exitCode = 1

async function count(file) {
  const parser = new Parser()
  watch(parser)
  await pipeline(createReadStream(file), parser)
  return parser.results?.ok === true
}

/** Gives back whether the block has blocks in it, and how many tests failed there. */
function watch(parser) {
  const seen = { blocks: 0, failed: 0 }
  let last = { blocks: 0, failed: 0 }
  parser.on('child', (child) => {
    seen.blocks += 1
    last = watch(child)
  })
  parser.on('assert', ({ ok, skip, todo, closingTestPoint }) => {
    if (skip || todo) return
    if (closingTestPoint) seen.failed += close(ok, last)
    else if (!ok && parser.level === 0) seen.failed += fail()
  })
  return seen
}

/** Ends a block: counts it when it is a test, or when it failed and none of its tests did. */
function close(ok, { blocks, failed }) {
  if (!ok && failed === 0) return fail()
  if (ok && blocks === 0) tally.passed += 1
  return failed
}

function fail() {
  tally.failed += 1
  return 1
}
