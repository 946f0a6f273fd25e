/** Chance that can be had again by its seed. */
export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** From `min` to `max`, both included. */
  integer(min: number, max: number): number
  /** Like `integer`, with as many between 1 and 10 as between 10 and 100. */
  size(min: number, max: number): number
}

/** Mulberry32: small, and good enough to choose moments and sizes. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    const a = Math.imul(state ^ (state >>> 15), state | 1)
    const b = a ^ (a + Math.imul(a ^ (a >>> 7), a | 61))
    return ((b ^ (b >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    integer: (min, max) => min + Math.floor(next() * (max - min + 1)),
    size: (min, max) => Math.round(min * (max / min) ** next()),
  }
}
