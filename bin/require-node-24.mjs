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

// To resolve a name Node looks for files, and reads the package.json above them, anew for each import; drizzle-orm's has 180 kB. In
// these folders an import names a file as it is, and every file is a module; whoever imports drizzle-orm gets the same one.
const root = new URL('..', import.meta.url).href
const MODULES = [
  [`${root}src/`, 'module-typescript'],
  [`${root}node_modules/typebox/`, 'module'],
  [`${root}node_modules/drizzle-orm/`, 'module'],
]
const known = new Map()
registerHooks?.({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? ''
    const [, format] = MODULES.find(([folder]) => parent.startsWith(folder)) ?? []
    if (format && specifier.startsWith('.')) return { url: new URL(specifier, parent).href, format, shortCircuit: true }
    if (!format || !specifier.startsWith('drizzle-orm')) return next(specifier, context)
    const found = known.get(specifier) ?? { ...next(specifier, context), shortCircuit: true }
    known.set(specifier, found)
    return found
  },
})
