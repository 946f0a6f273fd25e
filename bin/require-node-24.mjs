// Loaded with --import before anything else. Plain JavaScript that Node 18 reads too: an older Node fails on the first
// type in a .ts file, with a message that helps nobody.

// 24.7 brings crypto.argon2; types are stripped by every 24.
const NEEDED = [24, 7]

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    `Kontor needs Node ${NEEDED.join('.')} or newer, and this is Node ${process.versions.node}: run "npm ci", which brings Node 24, then "npm start" or bin/kontor.`,
  )
  process.exit(1)
}

// Stripping types and compiling some hundred files is half of a start: what was done once is kept beside other temporary files.
const { enableCompileCache } = await import('node:module')
enableCompileCache?.()
