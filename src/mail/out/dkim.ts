import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { DKIMOptions } from 'nodemailer'

/** A key as nodemailer takes it. */
interface DkimKey {
  domainName: string
  keySelector: string
  privateKey: string
}

/** RFC 8301 §3.2; it recommends 2048. */
const BITS_MIN = 1_024

/**
 * The keys that sign our mail (RFC 6376), named as `domain:selector:path` of a PEM file. Rejects, and says which one is meant, where a file
 * cannot be read or is no RSA key of at least 1024 bits (RFC 8301).
 */
export const readDkimKeys = (named: readonly string[]): Promise<DkimKey[]> => Promise.all(named.map(readKey))

async function readKey(named: string): Promise<DkimKey> {
  const [domain = '', keySelector = '', ...rest] = named.split(':')
  const path = rest.join(':')
  const privateKey = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`DKIM_KEYS: ${path} cannot be read: ${error.message}`)
  })
  if (!isStrongRsa(privateKey))
    throw new Error(
      `DKIM_KEYS: ${path} is no private RSA key of at least ${BITS_MIN} bits in PEM, without a passphrase`,
    )
  return { domainName: domain.toLowerCase(), keySelector, privateKey }
}

function isStrongRsa(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem)
    return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= BITS_MIN
  } catch {
    return false
  }
}

/**
 * What signs a mail from an address: every key of its domain, else of the nearest domain above it, which DMARC takes for the same
 * (RFC 7489 §3.1.1). Undefined where there is none: others' domains are not ours to sign for.
 */
export function dkimFor(keys: readonly DkimKey[], from: string): DKIMOptions | undefined {
  const domain = from.slice(from.lastIndexOf('@') + 1).toLowerCase()
  const above = keys.filter(({ domainName }) => domain === domainName || domain.endsWith(`.${domainName}`))
  const longest = Math.max(0, ...above.map(({ domainName }) => domainName.length))
  const nearest = above.filter(({ domainName }) => domainName.length === longest)
  return nearest.length ? { keys: nearest } : undefined
}
