import type { Instant } from '../../kernel/clock.ts'
import type { StatusCategory } from '../types/schema.ts'
import type { SlaLogEntry, SlaMetric, SlaState } from './schema.ts'

/** How one promise stands after an entry of the log. */
export interface ClockState {
  startedAt: Instant
  /** What has counted until the entry. */
  elapsedMs: number
  /** By which policy it counts, or counted when it was met. */
  policyKey: string | null
  policyVersion: number | null
  targetSeconds: number | null
  state: SlaState
  dueAt: Instant | null
  warnAt: Instant | null
  metAt: Instant | null
  warnedAt: Instant | null
  breachedAt: Instant | null
}

/** How the clocks of a ticket stand after an entry of the log. Time runs on from `at` as it says. */
export interface Standing {
  at: Instant
  policyKey: string | null
  policyVersion: number | null
  priority: string | null
  status: string
  statusCategory: StatusCategory
  isGone: boolean
  /** Whether somebody who works here has written to the customer. */
  isReplied: boolean
  clocks: Partial<Record<SlaMetric, ClockState>>
}

export type Entry = Omit<SlaLogEntry, 'sequence'>
/** What an entry changes, however much time has passed. */
export function moved(before: Standing | undefined, entry: Entry): Standing {
  const standing = before ?? beginning(entry)
  const { at } = entry
  switch (entry.what) {
    case 'opened':
    case 'takenUp':
      return standing
    case 'customerMessage':
      return standing.isReplied && standing.clocks.nextReply?.metAt !== null
        ? begun(standing, 'nextReply', at)
        : standing
    case 'staffReply':
      return met(met({ ...standing, isReplied: true }, 'firstReply', at), 'nextReply', at)
    case 'moved': {
      const { statusCategory } = standing
      const now = { ...standing, ...statusIn(entry, standing) }
      return now.statusCategory === statusCategory ? now : solvedOrNot(now, at)
    }
    case 'bound':
      return { ...standing, policyKey: entry.policyKey, policyVersion: entry.policyVersion, priority: entry.priority }
    case 'warned':
      return marked(standing, entry.metric, { warnedAt: at })
    case 'breached':
      return marked(standing, entry.metric, { breachedAt: at })
  }
}

/** The first entry says how the ticket stood. */
function beginning(entry: Entry): Standing {
  const { at, isReplied, awaitsReply } = entry
  const nothing = { policyKey: null, policyVersion: null, priority: null, clocks: {} }
  const unknown = { status: '', statusCategory: 'open' as const, isGone: false }
  const standing = { at, ...nothing, ...statusIn(entry, unknown), isReplied: isReplied === true }
  const awaited = isReplied
    ? awaitsReply
      ? begun(standing, 'nextReply', at)
      : standing
    : begun(standing, 'firstReply', at)
  return solvedOrNot(begun(awaited, 'resolution', at), at)
}

const statusIn = (entry: Entry, before: Pick<Standing, 'status' | 'statusCategory' | 'isGone'>) => ({
  status: entry.status ?? before.status,
  statusCategory: entry.statusCategory ?? before.statusCategory,
  isGone: entry.isGone ?? before.isGone,
})

const NEW = {
  elapsedMs: 0,
  policyKey: null,
  policyVersion: null,
  targetSeconds: null,
  state: 'stopped',
  dueAt: null,
  warnAt: null,
  metAt: null,
  warnedAt: null,
  breachedAt: null,
} as const

const begun = (standing: Standing, metric: SlaMetric, at: Instant): Standing => ({
  ...standing,
  clocks: { ...standing.clocks, [metric]: { ...NEW, startedAt: at } },
})

const met = (standing: Standing, metric: SlaMetric, at: Instant): Standing =>
  standing.clocks[metric]?.metAt === null ? marked(standing, metric, { metAt: at }) : standing

function marked(standing: Standing, metric: SlaMetric | null, marks: Partial<ClockState>): Standing {
  const clock = metric && standing.clocks[metric]
  if (!clock) return standing
  return { ...standing, clocks: { ...standing.clocks, [metric]: { ...clock, ...marks } } }
}

/** Whether nothing more is to be done. */
export const isSolved = ({ statusCategory }: Pick<Standing, 'statusCategory'>): boolean =>
  statusCategory === 'solved' || statusCategory === 'closed'

/** A ticket that is opened again goes on with the same clock: the time in which it was solved does not count. */
function solvedOrNot(standing: Standing, at: Instant): Standing {
  if (isSolved(standing)) return met(standing, 'resolution', at)
  // it was due some time that may be past by now, and was not reached
  const isReopened = (standing.clocks.resolution?.metAt ?? null) !== null
  return isReopened ? marked(standing, 'resolution', { metAt: null, dueAt: null }) : standing
}

/** An entry in which nothing is said but what is given. */
export const entryOf = (at: Instant, what: Entry['what'], said: Partial<Entry> = {}): Entry => ({
  at,
  what,
  policyKey: null,
  policyVersion: null,
  priority: null,
  status: null,
  statusCategory: null,
  isGone: null,
  isReplied: null,
  awaitsReply: null,
  metric: null,
  ...said,
})
