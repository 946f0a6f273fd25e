import type { Strategy } from './schema.ts'

/** Somebody who could be given a ticket, as they are now. */
export interface Candidate {
  id: string
  capacity: number | null
  weight: number
  /** Unresolved tickets that they have. */
  unresolved: number
  isAbsent: boolean
  /** Who stands in, where they are absent and that one can take tickets. */
  substituteId: string | null
}

export interface Turns {
  lastPersonId: string | null
  among: string
  served: Record<string, number>
}

export interface Choice {
  /** Who is given it. */
  personId: string
  reason: string
  /** The turns with this one. */
  turns: Turns
}

/** Why nobody is given it. */
export interface NoChoice {
  personId?: undefined
  reason: string
}

interface Asked {
  /** Who takes part. */
  members: readonly Candidate[]
  /** They, and those who stand in for one of them without taking part. */
  all: readonly Candidate[]
  turns: Turns
  /** Who had the last ticket of this requester. */
  lastAgentId: string | null
}

/** Who is given a ticket by a strategy, and why, in words that an agent understands. Pure: the same state is the same choice. */
export function choose(strategy: Strategy, { members, all, turns, lastAgentId }: Asked): Choice | NoChoice {
  const byId = new Map(all.map((each) => [each.id, each]))
  // whoever is away takes part with the one who stands in, as long as that one has room
  const able = members.flatMap((owner) => {
    const doing = owner.isAbsent ? byId.get(owner.substituteId ?? '') : owner
    return doing && !doing.isAbsent && hasRoom(doing) ? [{ owner, doing }] : []
  })
  if (!able.length) return { reason: nobody(members) }
  const among = able.map(({ owner }) => `${owner.id}*${owner.weight}`).join()
  // whoever comes, goes or weighs otherwise begins the turns anew for all, or old turns would be made up for
  const served = turns.among === among ? turns.served : {}
  const chosen = (one: (typeof able)[number], why: string): Choice => ({
    personId: one.doing.id,
    turns: {
      lastPersonId: one.owner.id,
      among,
      served: { ...served, [one.owner.id]: (served[one.owner.id] ?? 0) + 1 },
    },
    reason: `${why}; of ${able.length} who could${one.owner === one.doing ? '' : `; stands in for ${one.owner.id}`}`,
  })
  const last = strategy === 'sticky' ? able.find(({ owner }) => owner.id === lastAgentId) : undefined
  if (last) return chosen(last, 'sticky: had the last ticket of this requester')
  if (strategy === 'least_loaded') {
    const one = least(able, ({ doing }) => doing.unresolved / doing.weight, turns.lastPersonId)
    return chosen(one, `least_loaded: ${one.doing.unresolved} unresolved, weight ${one.doing.weight}`)
  }
  const one = least(able, ({ owner }) => ((served[owner.id] ?? 0) + 1) / owner.weight, turns.lastPersonId)
  const why = strategy === 'sticky' ? 'sticky: nobody had one before who could, so by turns' : 'round_robin: their turn'
  return chosen(one, `${why}, weight ${one.owner.weight}`)
}

const hasRoom = ({ capacity, unresolved }: Candidate): boolean => capacity === null || unresolved < capacity

/** The least by a measure; of equals the next after whoever was last, in the order of their ids. */
function least<T extends { owner: Candidate }>(
  all: readonly T[],
  measure: (one: T) => number,
  lastId: string | null,
): T {
  const min = Math.min(...all.map(measure))
  const equal = all.filter((one) => measure(one) === min)
  const found = equal.find(({ owner }) => owner.id > (lastId ?? '')) ?? equal[0]
  if (!found) throw new Error('there is a least of some')
  return found
}

function nobody(candidates: readonly Candidate[]): string {
  if (!candidates.length) return 'nobody here can be given tickets'
  const absent = candidates.filter(({ isAbsent }) => isAbsent).length
  const full = candidates.filter((each) => !each.isAbsent && !hasRoom(each)).length
  return `nobody has room: ${absent} absent, ${full} with as many tickets as they take`
}
