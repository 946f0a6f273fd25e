import { randomFillSync } from 'node:crypto'
import { V7Generator } from 'uuidv7'

/** Randomness for many ids at once: asking for each costs more than making it. */
const POOL_WORDS = 1_024
const pool = new Uint32Array(POOL_WORDS)
let taken = POOL_WORDS

const generator = new V7Generator({
  nextUint32() {
    if (taken === POOL_WORDS) {
      randomFillSync(pool)
      taken = 0
    }
    return pool[taken++] ?? 0
  },
})

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** The prefixes of api.md: an id says what it names. */
export type IdPrefix =
  | 'tkt'
  | 'msg'
  | 'cnv'
  | 'att'
  | 'per'
  | 'org'
  | 'tea'
  | 'evt'
  | 'key'
  | 'inm'
  | 'oum'
  | 'mbx'
  | 'ntf'
  | 'run'
  | 'rtm'
  | 'slc'
  | 'lnk'
  | 'job'
  | 'req'
  | 'rad'
  | 'sim'
  | 'abs'
  | 'tim'
  | 'tsh'
  | 'con'
  | 'cle'
  | 'ses'
  | 'otk'

/** `tkt_` + 26 characters: a UUIDv7 (RFC 9562 §5.7) in Crockford's base32, growing within a process. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${base32(generator.generate().bytes)}`
}

/** Less than all ids that are made from a moment on: an id begins with its time. */
export function idBefore(prefix: IdPrefix, instant: string): string {
  const time = Buffer.alloc(16)
  time.writeUIntBE(Math.max(0, Date.parse(instant)), 0, 6)
  return `${prefix}_${base32(time)}`
}

/** Crockford's base32 of bytes, in lower case; the first character takes what does not fill five bits. */
export function base32(bytes: Uint8Array): string {
  const spare = (5 - ((bytes.length * 8) % 5)) % 5
  let text = ''
  let buffer = 0
  let bits = spare
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += CROCKFORD[(buffer >>> bits) & 31]
    }
    buffer &= (1 << bits) - 1
  }
  return text
}
