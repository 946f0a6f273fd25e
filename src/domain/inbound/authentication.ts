import type { MailHeader } from '../mail/schema.ts'

/** What a relay that we trust found out about the sender. `none`: nobody whom we trust has said anything. */
export interface Authentication {
  result: 'pass' | 'fail' | 'none'
  /** For the trace: by which method, or why nothing counts. */
  detail: string
}

/** Whose word counts: relays by address, and the names they sign their results with. Both are needed. */
export interface TrustedRelays {
  authservIds: readonly string[]
  isTrustedRelay(peer: string): boolean
}

/** Whether anybody's word would count: without it a mail is neither proven nor disproved. */
export const isConfigured = ({ authservIds }: TrustedRelays): boolean => authservIds.length > 0

/**
 * Authentication-Results (RFC 8601 §5): only the topmost header counts, only if its authserv-id is one of ours and the peer that
 * handed the mail over is a relay of ours; everybody else can write what they like. DMARC decides; without it a DKIM or SPF pass
 * for the domain of From, or a domain above or below it (relaxed alignment, RFC 7489 §3.1).
 */
export function authenticationOf(
  headers: readonly MailHeader[],
  fromAddress: string | undefined,
  peer: string,
  relays: TrustedRelays,
): Authentication {
  const none = (detail: string): Authentication => ({ result: 'none', detail })
  if (!isConfigured(relays)) return none('no relay is trusted')
  if (!relays.isTrustedRelay(peer)) return none('not from a trusted relay')
  const topmost = headers.find(({ name }) => name === 'authentication-results')
  if (!topmost) return none('the relay says nothing')
  const { authservId, results } = parseResults(topmost.value)
  if (!relays.authservIds.includes(authservId)) return none('not signed by a trusted name')
  const domain = fromAddress?.slice(fromAddress.lastIndexOf('@') + 1)
  if (!domain) return none('From names nobody')

  const dmarc = results.filter(({ method }) => method === 'dmarc')
  // a result for another domain than the one in From says nothing of this sender
  const own = dmarc.filter(({ properties }) => (properties.get('header.from') ?? domain) === domain)
  if (own.some(({ result }) => result === 'fail')) return { result: 'fail', detail: 'dmarc=fail' }
  if (own.some(({ result }) => result === 'pass')) return { result: 'pass', detail: 'dmarc=pass' }
  const passed = results.find((one) => one.result === 'pass' && isAligned(signedDomain(one), domain))
  return passed ? { result: 'pass', detail: `${passed.method}=pass for ${domain}` } : none('no method passed')
}

interface MethodResult {
  method: string
  result: string
  properties: ReadonlyMap<string, string>
}

const RESULTS_MAX = 50

/** `id 1; dkim=pass (comment) header.d=example.com; …`, in lower case. Linear: the kept headers are at most 8 KiB. */
function parseResults(value: string): { authservId: string; results: MethodResult[] } {
  const [head = '', ...rest] = withoutComments(value).toLowerCase().split(';', RESULTS_MAX)
  const results = rest.flatMap((text) => {
    const [first = '', ...words] = text.split(/\s+/).filter((word) => word !== '')
    const [method = '', result = ''] = first.split('=')
    if (!result) return []
    const properties = words.flatMap((word): [string, string][] => {
      const at = word.indexOf('=')
      return at < 1 ? [] : [[word.slice(0, at), word.slice(at + 1).replaceAll('"', '')]]
    })
    // "dkim/1" is dkim, version 1
    return [{ method: method.split('/')[0] ?? '', result, properties: new Map(properties) }]
  })
  return { authservId: head.trim().split(/\s+/)[0] ?? '', results }
}

/** Comments nest (RFC 5322 §3.2.2); what stands in one, or in a quoted string, is nobody's result. */
function withoutComments(value: string): string {
  let depth = 0
  let quoted = false
  let out = ''
  for (let at = 0; at < value.length; at++) {
    const char = value[at] ?? ''
    if (char === '\\') at++
    else if (depth === 0 && char === '"') quoted = !quoted
    else if (!quoted && char === '(') depth++
    else if (!quoted && char === ')' && depth > 0) depth--
    else if (depth === 0 && !(quoted && /[;\s=]/.test(char))) out += char
  }
  return out
}

/** The domain for which a method vouches. */
function signedDomain({ method, properties }: MethodResult): string | undefined {
  if (method === 'dkim') return properties.get('header.d') ?? domainOf(properties.get('header.i'))
  return method === 'spf' ? domainOf(properties.get('smtp.mailfrom')) : undefined
}

const domainOf = (address: string | undefined): string | undefined => address?.slice(address.lastIndexOf('@') + 1)

/** Two labels at least, so that nobody vouches for all of `com`. */
function isAligned(signed: string | undefined, domain: string): boolean {
  if (!signed?.includes('.')) return false
  return signed === domain || domain.endsWith(`.${signed}`) || signed.endsWith(`.${domain}`)
}
