import { LRUCache } from 'lru-cache'

const DAY_MS = 86_400_000
const HALF_DAY_MS = DAY_MS / 2

const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 500 })

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, made)
  return made
}

/** Whether the database of time zones knows a zone by this name. An offset (`+01:00`) is no name: Postgres reads its sign the other way. */
export function isZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

const PARTS = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/

/** By how many milliseconds the clocks of a zone are ahead of UTC at a moment. */
function offsetAt(zone: string, at: number): number {
  const whole = Math.floor(at / 1_000) * 1_000
  const [, month, day, year, hour, minute, second] = PARTS.exec(formatOf(zone).format(whole)) ?? []
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) - whole
}

const offsets = new LRUCache<string, number>({ max: 20_000 })

/** The same for a moment that many ask about: the half days of UTC. */
function offsetAtHalfDay(zone: string, halfDay: number): number {
  const key = `${zone} ${halfDay}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const found = offsetAt(zone, halfDay * HALF_DAY_MS)
  offsets.set(key, found)
  return found
}

/** A stretch of time in which the clocks of a zone are not changed. */
export interface Stretch {
  from: number
  to: number
  offset: number
}

/** The time between two moments, cut where the clocks of a zone are changed. */
export function* stretches(zone: string, from: number, to: number): Generator<Stretch> {
  let begun = from
  while (begun < to) {
    const half = Math.floor(begun / HALF_DAY_MS)
    const end = Math.min(to, (half + 1) * HALF_DAY_MS)
    const [before, after] = [offsetAtHalfDay(zone, half), offsetAtHalfDay(zone, half + 1)]
    const change = before === after ? undefined : changeWithin(zone, half * HALF_DAY_MS, (half + 1) * HALF_DAY_MS)
    const until = change !== undefined && change > begun ? Math.min(end, change) : end
    yield { from: begun, to: until, offset: change !== undefined && begun >= change ? after : before }
    begun = until
  }
}

/** When the clocks are changed, once, between two moments: found by halving, to the second. */
function changeWithin(zone: string, from: number, to: number): number {
  const old = offsetAt(zone, from)
  let [low, high] = [from, to]
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000
    if (offsetAt(zone, middle) === old) low = middle
    else high = middle
  }
  return high
}
