import { uuidv7obj } from 'uuidv7'

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
  | 'job'
  | 'req'
  | 'rad'

/** `tkt_` + 26 characters: a UUIDv7 (RFC 9562 §5.7) in Crockford's base32, growing within a process. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${base32(uuidv7obj().bytes)}`
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
