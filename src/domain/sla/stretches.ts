import type { Instant } from '../../kernel/clock.ts'
import { partsOf } from '../calendars/working.ts'
import { phaseOf, type RevisionOf } from './decide.ts'
import { type Entry, moved, type Standing } from './moves.ts'
import type { SlaDefinition, SlaMetric, SlaPhase, SlaStretch } from './schema.ts'

/** Stretches that are told one by one; what comes before the last of them is told as one. */
const STRETCHES_MAX = 1_000

/** The time between two entries of the log, in which a ticket stood still in one way. */
interface Span {
  from: Instant
  to: Instant
  phase: SlaPhase
  status: string
  revision: SlaDefinition | undefined
}

/** The life of a clock in stretches: together they are all the time from its start to its end or to now, each moment once. */
export function stretchesOf(
  metric: SlaMetric,
  entries: readonly Entry[],
  now: Instant,
  revisionOf: RevisionOf,
): { stretches: SlaStretch[]; isCapped: boolean } {
  const stretches = spansOf(metric, entries, now, revisionOf).flatMap(partsIn).reduce(joined, [])
  if (stretches.length <= STRETCHES_MAX) return { stretches, isCapped: false }
  const first = stretches.length - STRETCHES_MAX + 1
  return { stretches: [asOne(stretches.slice(0, first)), ...stretches.slice(first)], isCapped: true }
}

function spansOf(metric: SlaMetric, entries: readonly Entry[], now: Instant, revisionOf: RevisionOf): Span[] {
  let spans: Span[] = []
  let standing: Standing | undefined
  for (const [n, entry] of entries.entries()) {
    const before = standing?.clocks[metric]
    standing = { ...moved(standing, entry), at: entry.at }
    const clock = standing.clocks[metric]
    if (!clock) continue
    // a clock that begins anew has a life of its own
    if (before && before.startedAt !== clock.startedAt) spans = []
    const to = entries[n + 1]?.at ?? (now > entry.at ? now : entry.at)
    const revision = revisionOf(standing)
    if (to > entry.at)
      spans.push({ from: entry.at, to, phase: phaseOf(standing, revision), status: standing.status, revision })
  }
  const end = standing?.clocks[metric]?.metAt ?? null
  return end === null ? spans : spans.filter(({ from }) => from < end)
}

function partsIn({ from, to, phase, status, revision }: Span): SlaStretch[] {
  if (phase !== 'running') return [stretch(from, to, phase, status)]
  if (!revision?.calendar) return [stretch(from, to, 'running', status)]
  return [...partsOf(revision.calendar, Date.parse(from), Date.parse(to))].map((part) =>
    stretch(instantAt(part.from), instantAt(part.to), part.why === 'worked' ? 'running' : part.why, status),
  )
}

const instantAt = (ms: number): Instant => new Date(ms).toISOString()

function stretch(from: Instant, to: Instant, why: SlaStretch['why'], status: string): SlaStretch {
  const seconds = secondsBetween(from, to)
  const counted = why === 'running'
  return { from, to, counted, why, status, seconds, countedSeconds: counted ? seconds : 0 }
}

/** What goes on in the same way is one stretch. */
function joined(stretches: SlaStretch[], next: SlaStretch): SlaStretch[] {
  const last = stretches.at(-1)
  if (last && last.why === next.why && last.status === next.status)
    stretches[stretches.length - 1] = stretch(last.from, next.to, last.why, last.status ?? '')
  else stretches.push(next)
  return stretches
}

function asOne(stretches: readonly SlaStretch[]): SlaStretch {
  const [first, last] = [stretches[0], stretches.at(-1)]
  if (!first || !last) throw new Error('nothing is no stretch')
  const countedMs = stretches.reduce((sum, { countedSeconds }) => sum + Math.round(countedSeconds * 1_000), 0)
  return {
    from: first.from,
    to: last.to,
    counted: countedMs > 0,
    why: 'earlier',
    status: null,
    seconds: secondsBetween(first.from, last.to),
    countedSeconds: countedMs / 1_000,
  }
}

const secondsBetween = (from: Instant, to: Instant): number => (Date.parse(to) - Date.parse(from)) / 1_000
