import { after, type Instant, SECOND_MS } from '../../kernel/clock.ts'
import { afterWorkingMilliseconds, workingMilliseconds } from '../calendars/working.ts'
import { type ClockState, type Entry, isSolved, moved, type Standing } from './moves.ts'
import { type SlaDefinition, type SlaMetric, type SlaPhase, slaMetrics } from './schema.ts'

/** What a policy said; undefined where the ticket has none. */
export type RevisionOf = (standing: Pick<Standing, 'policyKey' | 'policyVersion'>) => SlaDefinition | undefined

/**
 * How the clocks stand after one more entry. Pure: the log and the revisions that it names decide, and nothing else; so what is kept
 * step by step is what a recomputation finds.
 */
export function afterEntry(before: Standing | undefined, entry: Entry, revisionOf: RevisionOf): Standing {
  const counted = before && counting(before, entry.at, revisionOf(before))
  const now = moved(counted, entry)
  return settled(now, revisionOf(now))
}

/** Time passes: it counts on the clocks that run. */
function counting(standing: Standing, to: Instant, revision: SlaDefinition | undefined): Standing {
  if (!revision || phaseOf(standing, revision) !== 'running') return { ...standing, at: to }
  const passed = workedIn(revision, standing.at, to)
  const clocks = each(standing, (clock) =>
    clock.metAt === null ? { ...clock, elapsedMs: clock.elapsedMs + passed } : clock,
  )
  return { ...standing, at: to, clocks }
}

/** Whether time counts on a ticket, hours apart, and why not. */
export function phaseOf(standing: Omit<Standing, 'at' | 'clocks'>, revision: SlaDefinition | undefined): SlaPhase {
  if (standing.isGone) return 'gone'
  if (!revision) return 'unbound'
  if (isSolved(standing)) return 'solved'
  return revision.pausedIn.includes(standing.status) ? 'paused' : 'running'
}

/** What follows from how a ticket stands: targets, and when they are due. */
function settled(standing: Standing, revision: SlaDefinition | undefined): Standing {
  const phase = phaseOf(standing, revision)
  const clocks = each(standing, (clock, metric) => {
    // what was met stays as it was
    if (clock.metAt !== null) return { ...clock, state: 'met', warnAt: null }
    const { policyKey, policyVersion, priority } = standing
    const targetSeconds = revision ? targetOf(revision, priority, metric) : null
    const now = { ...clock, policyKey, policyVersion, targetSeconds }
    if (phase === 'running') return { ...now, state: 'running', ...dueOf(now, standing.at, revision) }
    return { ...now, state: phase === 'paused' ? 'paused' : 'stopped', dueAt: overdue(now, standing.at), warnAt: null }
  })
  return { ...standing, clocks }
}

/** Of a priority with targets of its own those count, and for what they leave out nothing is promised. */
function targetOf({ targets }: SlaDefinition, priority: string | null, metric: SlaMetric): number | null {
  const target = targets.find((each) => each.priority === priority) ?? targets.find((each) => each.priority === null)
  return target?.[`${metric}Seconds`] ?? null
}

function dueOf(clock: ClockState, at: Instant, revision: SlaDefinition | undefined) {
  const { elapsedMs, targetSeconds, warnedAt, breachedAt } = clock
  if (targetSeconds === null || !revision) return { dueAt: null, warnAt: null }
  const leftMs = targetSeconds * SECOND_MS - elapsedMs
  if (leftMs <= 0) return { dueAt: overdue(clock, at) ?? breachedAt ?? at, warnAt: null }
  const dueAt = workedFrom(revision, at, leftMs)
  if (revision.warningPercent === null || warnedAt !== null || breachedAt !== null) return { dueAt, warnAt: null }
  const untilWarningMs = targetSeconds * 10 * revision.warningPercent - elapsedMs
  return { dueAt, warnAt: untilWarningMs > 0 ? workedFrom(revision, at, untilWarningMs) : at }
}

/** When it was due, where it is past that and its breach was told: before that, what it is due at is still to come. */
const overdue = ({ dueAt, elapsedMs, targetSeconds, breachedAt }: ClockState, at: Instant): Instant | null => {
  const isOver = breachedAt !== null && targetSeconds !== null && elapsedMs >= targetSeconds * SECOND_MS
  return isOver && dueAt !== null && dueAt <= at ? dueAt : null
}

/** What is to be told next: a warning or a breach, once in the life of a clock. */
export interface Mark {
  at: Instant
  what: 'warned' | 'breached'
  metric: SlaMetric
}

export const markOf = (metric: SlaMetric, clock: ClockState): Mark | undefined => {
  if (clock.state !== 'running' || clock.dueAt === null || clock.breachedAt !== null) return
  if (clock.warnAt !== null) return { at: clock.warnAt, what: 'warned', metric }
  return { at: clock.dueAt, what: 'breached', metric }
}

/** The first of all its clocks; at the same moment in their order. */
export function nextMark({ clocks }: Standing): Mark | undefined {
  const marks = slaMetrics.flatMap((metric) => clocks[metric] && (markOf(metric, clocks[metric]) ?? []))
  return marks.reduce<Mark | undefined>(
    (first, mark) => (mark && (!first || mark.at < first.at) ? mark : first),
    undefined,
  )
}

/** What counts between two moments by the hours of a policy, in milliseconds. */
export const workedIn = ({ calendar }: SlaDefinition, from: Instant, to: Instant): number =>
  calendar ? workingMilliseconds(calendar, from, to) : Date.parse(to) - Date.parse(from)

const workedFrom = ({ calendar }: SlaDefinition, from: Instant, ms: number): Instant | null =>
  calendar ? (afterWorkingMilliseconds(calendar, from, ms) ?? null) : after(from, ms)

const each = ({ clocks }: Standing, change: (clock: ClockState, metric: SlaMetric) => ClockState): Standing['clocks'] =>
  Object.fromEntries(slaMetrics.flatMap((metric) => (clocks[metric] ? [[metric, change(clocks[metric], metric)]] : [])))
