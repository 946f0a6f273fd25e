import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** What the listener puts up with (R28). Sizes of whole mails come from the configuration. */
export interface SmtpLimits {
  /** Beyond, a mail is received into a temporary file. */
  memoryBytesMax: number
  headerBytesMax: number
  receivedMax: number
  recipientsMax: number
  commandBytesMax: number
  /** The answer to that many 5xx-worthy commands of one connection is 421. */
  errorsMax: number
  connectionsMax: number
  connectionsPerIpMax: number
  mailsPerConnectionMax: number
  /** MAIL commands from one address. */
  mailsPerMinuteMax: number
  commandIdleSeconds: number
  /** In each such while, DATA must bring `dataBytesMin`. */
  dataIdleSeconds: number
  dataBytesMin: number
  /** From MAIL to the final dot. */
  transactionSeconds: number
  /** With so much of `connectionsMax` taken, commands must come within `stressIdleSeconds`. */
  stressShare: number
  stressIdleSeconds: number
  /** Loopback counts for no connection or MAIL rate. Off only in tests, which have no other address. */
  isLoopbackExempt: boolean
}

export const SMTP_LIMITS: SmtpLimits = {
  memoryBytesMax: 1_048_576,
  headerBytesMax: 262_144,
  receivedMax: 50,
  recipientsMax: 100,
  commandBytesMax: 2_048,
  errorsMax: 10,
  connectionsMax: 200,
  connectionsPerIpMax: 20,
  mailsPerConnectionMax: 100,
  mailsPerMinuteMax: 60,
  commandIdleSeconds: 60,
  dataIdleSeconds: 60,
  dataBytesMin: 1_024,
  transactionSeconds: 600,
  stressShare: 0.7,
  stressIdleSeconds: 10,
  isLoopbackExempt: true,
}

const MINUTE = 60_000
const COUNTED_PEERS_MAX = 10_000

export interface PeerGuard {
  /** Takes a slot; gives back how to free it, or undefined where none is left. */
  admit(ip: string): (() => void) | undefined
  /** Counts a MAIL command; false beyond the rate. */
  countMail(ip: string): boolean
  isStressed(): boolean
}

/** Counts connections and mails of each peer. An IPv6 peer is its /64: that is what one customer gets. */
export function createPeerGuard(limits: SmtpLimits, trustedRelays: readonly string[]): PeerGuard {
  const exempt = exemptions(limits, trustedRelays)
  const connections = new Map<string, number>()
  const mails = new Map<string, { since: number; count: number }>()
  let total = 0

  return {
    admit(ip) {
      if (isIn(exempt, ip)) return () => {}
      const peer = peerKey(ip)
      const count = connections.get(peer) ?? 0
      if (total >= limits.connectionsMax || count >= limits.connectionsPerIpMax) return undefined
      total++
      connections.set(peer, count + 1)
      return () => {
        total--
        const left = (connections.get(peer) ?? 1) - 1
        if (left === 0) connections.delete(peer)
        else connections.set(peer, left)
      }
    },

    countMail(ip) {
      if (isIn(exempt, ip)) return true
      const now = performance.now()
      const peer = peerKey(ip)
      const seen = mails.get(peer)
      const window = seen && now - seen.since < MINUTE ? seen : { since: now, count: 0 }
      window.count++
      // Set anew, so that the map stays in the order of age and the oldest goes first.
      mails.delete(peer)
      mails.set(peer, window)
      const [oldest] = mails.keys()
      if (mails.size > COUNTED_PEERS_MAX && oldest !== undefined) mails.delete(oldest)
      return window.count <= limits.mailsPerMinuteMax
    },

    isStressed: () => total >= limits.connectionsMax * limits.stressShare,
  }
}

function exemptions({ isLoopbackExempt }: SmtpLimits, trustedRelays: readonly string[]): BlockList {
  const list = new BlockList()
  for (const relay of isLoopbackExempt ? ['127.0.0.0/8', '::1', ...trustedRelays] : trustedRelays) {
    const [address = '', prefix] = relay.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

function isIn(list: BlockList, ip: string): boolean {
  return isIPv4(ip) ? list.check(ip, 'ipv4') : isIPv6(ip) && list.check(ip, 'ipv6')
}

function peerKey(ip: string): string {
  if (!isIPv6(ip)) return ip
  const [head = '', tail = ''] = ip.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const gap = 8 - groups(head).length - groups(tail).length
  return [...groups(head), ...Array.from({ length: Math.max(gap, 0) }, () => '0'), ...groups(tail)]
    .slice(0, 4)
    .join(':')
}
