import { Buffer } from 'node:buffer'
import { domainToASCII } from 'node:url'

/** RFC 5321 §4.5.3.1: 64 octets before the @, 255 after it. */
const ADDRESS_BYTES_MAX = 320
const LOCAL_MAX = 64
const DOMAIN_MAX = 253
const LABEL_MAX = 63

/** RFC 5322 dot-atom, without `%` and `!`: those once meant "send it on", and still do to some relays. */
const LOCAL_PART = /^[A-Za-z0-9#$&'*+\-/=?^_`{|}~]+(\.[A-Za-z0-9#$&'*+\-/=?^_`{|}~]+)*$/
const DOMAIN_CHARACTERS = /^[A-Za-z0-9.\-\u0080-\u{10ffff}]+$/u
/** Control and format characters, spaces, lone surrogates: nothing that a person could see in an address. */
const INVISIBLE = /[\p{C}\p{Z}]/u
/** Most domains are in their one form already. Only labels with a double hyphen, and a last one of digits, can mean anything else. */
const PLAIN_DOMAIN = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$/
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

export interface Address {
  /** `local@domain`, the domain in lower case and punycode, the local part as written. */
  address: string
  local: string
  domain: string
}

/**
 * One bare addr-spec, strictly and in linear time: no display name, quoted local part, comment, source route, `%` or `!`
 * routing, IP literal or control character; at most 320 bytes. An IDN domain becomes punycode.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > ADDRESS_BYTES_MAX || Buffer.byteLength(text) > ADDRESS_BYTES_MAX) return undefined
  if (INVISIBLE.test(text)) return undefined

  const at = text.indexOf('@')
  if (at < 1 || at !== text.lastIndexOf('@')) return undefined
  const local = text.slice(0, at)
  if (local.length > LOCAL_MAX || !LOCAL_PART.test(local)) return undefined

  const domain = asciiDomain(text.slice(at + 1))
  return domain === undefined ? undefined : { address: `${local}@${domain}`, local, domain }
}

/** The one key under which a person or mailbox is found: both parts in lower case. Undefined where `parseAddress` is. */
export function normaliseAddress(text: string): string | undefined {
  return parseAddress(text.normalize('NFC'))?.address.toLowerCase()
}

/** A domain in its one form: lower case and punycode, no IP address. Undefined for what is none. */
export const normaliseDomain = (text: string): string | undefined => asciiDomain(text.normalize('NFC'))

function asciiDomain(written: string): string | undefined {
  if (written.length <= LABEL_MAX && PLAIN_DOMAIN.test(written)) return written
  if (!DOMAIN_CHARACTERS.test(written)) return undefined
  const domain = domainToASCII(written)
  if (domain === '' || domain.length > DOMAIN_MAX) return undefined

  const labels = domain.split('.')
  if (!labels.every((label) => label.length <= LABEL_MAX && LABEL.test(label))) return undefined
  // A last label of digits is an IPv4 address in disguise: `127.1` and `0x7f.1` have become `127.0.0.1` by now.
  return /^\d+$/.test(labels.at(-1) ?? '') ? undefined : domain
}
