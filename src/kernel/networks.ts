import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Whether an address lies in one of these addresses and networks (`10.0.0.0/8`). A mapped IPv4 address is its IPv4 address. */
export function networks(list: readonly string[]): (ip: string) => boolean {
  const known = new BlockList()
  for (const network of list) {
    const [address = '', prefix] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) known.addAddress(address, family)
    else known.addSubnet(address, Number(prefix), family)
  }
  return (peer) => {
    const ip = peer.replace(/^::ffff:(?=\d+\.)/i, '')
    return isIPv4(ip) ? known.check(ip, 'ipv4') : isIPv6(ip) && known.check(ip, 'ipv6')
  }
}
