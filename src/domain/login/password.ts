import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../kernel/problems.ts'

interface Cost {
  /** The binary logarithm of N. */
  log2: number
  blockSize: number
  parallel: number
}

/** OWASP's choice of scrypt (RFC 7914): 128 MiB for each hash. */
const COST: Cost = { log2: 17, blockSize: 8, parallel: 1 }
const SALT_BYTES = 16
const KEY_BYTES = 32

/** Each takes its memory and a thread: more at once would stop other work. */
const AT_ONCE = 2
const WAITING_MAX = 64

/** `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`: with its parameters, so that a later choice leaves old passwords working. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await inTurn(() => derive(password, salt, COST))
  const { log2, blockSize, parallel } = COST
  return ['scrypt', log2, blockSize, parallel, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Whether this is the password. Without a hash it is not, which takes as long to say. 503 `too_busy` where many wait. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, log2, blockSize, parallel, salt = '', key = ''] = (hash ?? NOBODYS).split('$')
  const cost = { log2: Number(log2), blockSize: Number(blockSize), parallel: Number(parallel) }
  const derived = await inTurn(() => derive(password, Buffer.from(salt, 'base64url'), cost))
  const isRight = timingSafeEqual(derived, Buffer.from(key, 'base64url'))
  return isRight && hash !== undefined
}

/** Nobody's: to take the same time where there is no password. */
const NOBODYS = ['scrypt', COST.log2, COST.blockSize, COST.parallel, 'A'.repeat(22), 'A'.repeat(43)].join('$')

// the same letters are the same password, however a keyboard composes them (NIST SP 800-63B §5.1.1.2)
const derive = (password: string, salt: Buffer, { log2, blockSize, parallel }: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { N: 2 ** log2, r: blockSize, p: parallel, maxmem: 2 ** log2 * blockSize * 256 }
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= WAITING_MAX) throw new Problem('too_busy', { retryAfterSeconds: 5 })
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running++
  try {
    return await work()
  } finally {
    // whoever waits takes over the place
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
