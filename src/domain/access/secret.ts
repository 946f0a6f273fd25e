import { createHash, randomBytes } from 'node:crypto'
import { base32 } from '../../kernel/ids.ts'

const PREFIX = 'kk'
const ID_BYTES = 5
const SECRET_BYTES = 32
const CHECKSUM_LENGTH = 6

/** `kk_<8 id>_<43 secret><6 crc>`: recognised by scanners, checked for typing errors before the database is asked. */
export function newSecret(): string {
  const body = `${PREFIX}_${base32(randomBytes(ID_BYTES))}_${randomBytes(SECRET_BYTES).toString('base64url')}`
  return body + checksumOf(body)
}

/** What is kept of a secret. 256 random bits need no slow hash. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** What an owner may see of a secret later. */
export const prefixOf = (secret: string): string => secret.slice(0, PREFIX.length + 1 + 8)

const FORM = /^kk_[0-9a-z]{8}_[A-Za-z0-9_-]{49}$/

/** Whether a secret of our own form has its checksum wrong; a bootstrap key has a form of its own. */
export const isMistyped = (secret: string): boolean =>
  FORM.test(secret) && checksumOf(secret.slice(0, -CHECKSUM_LENGTH)) !== secret.slice(-CHECKSUM_LENGTH)

// CRC-32 (IEEE 802.3) in base 36, as GitHub's tokens carry one.
function checksumOf(text: string): string {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ((crc ^ 0xffffffff) >>> 0)
    .toString(36)
    .padStart(CHECKSUM_LENGTH + 1, '0')
    .slice(-CHECKSUM_LENGTH)
}
