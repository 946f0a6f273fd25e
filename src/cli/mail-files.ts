import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** One message of a file, or why there is none. */
export type FoundMail = { name: string; bytes: Buffer } | { name: string; fault: string }

const DEPTH_MAX = 20
const MAILDIR = new Set(['cur', 'new'])

/**
 * The raw messages that paths name: files as they are, `.mbox` files message by message, folders with everything in them that is
 * called `.eml` or `.mbox` or lies in a Maildir's `cur` or `new`. In the order of their names; links to folders are not followed.
 */
export async function* mailsIn(paths: readonly string[], bytesMax: number): AsyncGenerator<FoundMail> {
  for (const path of paths) {
    const about = await stat(path).catch(() => undefined)
    if (!about) yield { name: path, fault: 'is not there' }
    else if (about.isDirectory()) yield* mailsInFolder(path, bytesMax, 1)
    else yield* mailsInFile(path, bytesMax)
  }
}

async function* mailsInFolder(folder: string, bytesMax: number, depth: number): AsyncGenerator<FoundMail> {
  if (depth > DEPTH_MAX) {
    yield { name: folder, fault: `lies more than ${DEPTH_MAX} folders deep` }
    return
  }
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* mailsInFolder(path, bytesMax, depth + 1)
    else if (entry.isFile() && isMail(path)) yield* mailsInFile(path, bytesMax)
  }
}

const isMail = (path: string) => /\.(eml|mbox)$/i.test(path) || MAILDIR.has(basename(dirname(path)))

async function* mailsInFile(path: string, bytesMax: number): AsyncGenerator<FoundMail> {
  if (/\.mbox$/i.test(path)) return yield* mailsInMbox(path, bytesMax)
  try {
    const { size } = await stat(path)
    yield size > bytesMax ? tooLarge(path, bytesMax) : { name: path, bytes: await readFile(path) }
  } catch (error) {
    yield { name: path, fault: error instanceof Error ? error.message : String(error) }
  }
}

/** mboxrd (RFC 4155 and its habits): a line that begins with `From ` begins a message, one more `>` stands before such lines in it. */
async function* mailsInMbox(path: string, bytesMax: number): AsyncGenerator<FoundMail> {
  const lines = createInterface({ input: createReadStream(path, 'latin1'), crlfDelay: Number.POSITIVE_INFINITY })
  let message: string[] | undefined
  let size = 0
  let count = 0
  const ended = (): FoundMail => {
    const name = `${path}, message ${++count}`
    return size > bytesMax ? tooLarge(name, bytesMax) : { name, bytes: Buffer.from(message?.join('') ?? '', 'latin1') }
  }
  for await (const line of lines) {
    if (line.startsWith('From ')) {
      if (message) yield ended()
      message = []
      size = 0
      continue
    }
    size += line.length + 2
    // of one that is too large nothing more is kept
    if (size <= bytesMax) message?.push(`${line.replace(/^>(>*From )/, '$1')}\r\n`)
  }
  if (message) yield ended()
}

const tooLarge = (name: string, bytesMax: number): FoundMail => ({
  name,
  fault: `is larger than MAIL_BYTES_MAX, ${bytesMax} bytes`,
})
