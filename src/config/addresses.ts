import { isIP } from 'node:net'

// RFC 1123 §2.1; a name whose last label is a number would be read as an address.
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i

/** An IPv4 or IPv6 address. */
export const isAddress = (text: string): boolean => isIP(text) !== 0

/** A domain name in ASCII; one label is enough. */
export function isDomain(text: string): boolean {
  const labels = text.split('.')
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/** Where to listen. */
export const isHost = (text: string): boolean => isAddress(text) || isDomain(text)

/** An address with the length of its prefix: 10.0.0.0/8, fd00::/8. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix = '', ...more] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return more.length === 0 && /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits
}

/** A domain, a selector below it (RFC 6376 §3.1), and the path of a file. */
export function isDkimKey(text: string): boolean {
  const [domain = '', selector = '', ...path] = text.split(':')
  return isDomain(domain) && isDomain(selector) && path.join(':') !== ''
}

/** An address that `pg` understands. Its host may be missing: then it is the socket named by `?host=`. */
export const isPostgresUrl = (text: string): boolean =>
  /^postgres(ql)?:\/\//.test(text) && !/\s/.test(text) && URL.canParse(text)

/** What links in mails and answers begin with. A query or a user would end up in each of them. */
export function isPublicUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false
  return url.username === '' && url.password === '' && !/[?#\s]/.test(text)
}

/** The smart host. TLS is demanded unless the address itself renounces it. */
export function isRelayUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url?.hostname || !['', '/'].includes(url.pathname) || /[#\s]/.test(text)) return false
  const query = [...url.searchParams]
  if (url.protocol === 'smtps:') return query.length === 0
  return url.protocol === 'smtp:' && query.length <= 1 && query.every(isTlsChoice)
}

const isTlsChoice = ([name, value]: [string, string]): boolean => name === 'tls' && ['none', 'starttls'].includes(value)
