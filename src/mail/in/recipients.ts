import { LRUCache } from 'lru-cache'

type Whose = 'ours' | 'unknown' | 'foreign'

const REMEMBERED_MAX = 1_000
const REMEMBERED_MS = 1_000

/** Spares a busy mailbox a query for each mail. Only a yes is remembered: a new mailbox takes mail at once. */
export function rememberedBriefly(ask: (address: string) => Promise<Whose>): (address: string) => Promise<Whose> {
  const ours = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS })
  return async (address) => {
    if (ours.has(address)) return 'ours'
    const whose = await ask(address)
    if (whose === 'ours') ours.set(address, true)
    return whose
  }
}
