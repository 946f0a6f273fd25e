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
const { enableCompileCache, registerHooks } = await import('node:module')
enableCompileCache?.()

// To learn that a file is a module Node reads the package.json above it, and drizzle-orm's has 180 kB: for each of its hundred
// files that is a sixth of a start. Its own imports are files beside each other, and all of them modules.
registerHooks?.({
  resolve(specifier, context, next) {
    const isInside = specifier.startsWith('.') && context.parentURL?.includes('/node_modules/drizzle-orm/')
    if (!isInside) return next(specifier, context)
    return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
  },
})
