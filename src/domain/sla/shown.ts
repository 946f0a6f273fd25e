import type { Instant } from '../../kernel/clock.ts'
import { phaseOf, type RevisionOf, workedIn } from './decide.ts'
import type { ClockRow, Kept } from './kept.ts'
import { type SlaClock, type SlaDefinition, slaMetrics, type TicketSla } from './schema.ts'

/** A clock as it stands at a moment; undefined where nothing is promised. */
export function shownClock(row: ClockRow, revision: SlaDefinition | undefined, now: Instant): SlaClock | undefined {
  const { countedAt, elapsedMs, targetSeconds, warnAt: _w, tryAt: _t, attempts: _a, breachedAt, ...rest } = row
  if (targetSeconds === null) return
  const { state, dueAt } = rest
  const isRunning = state === 'running' && revision !== undefined && now > countedAt
  const elapsedSeconds = (elapsedMs + (isRunning ? workedIn(revision, countedAt, now) : 0)) / 1_000
  const remainingSeconds = (targetSeconds * 1_000 - Math.round(elapsedSeconds * 1_000)) / 1_000
  // what is due is breached, a moment before it is told, too
  const isOverdue = state === 'running' && dueAt !== null && dueAt <= now
  return {
    ...rest,
    targetSeconds,
    elapsedSeconds,
    remainingSeconds,
    breachedAt: breachedAt ?? (isOverdue ? dueAt : null),
  }
}

/** What is promised for a ticket, as it stands at a moment. */
export function shownTicket(
  ticketId: string,
  { ticket, clocks }: Kept,
  revisionOf: RevisionOf,
  now: Instant,
): TicketSla {
  if (!ticket) return { ticketId, policyKey: null, policyVersion: null, priority: null, phase: 'unbound', clocks: [] }
  const { policyKey, policyVersion, priority } = ticket
  const shown = slaMetrics.flatMap((metric) => {
    const row = clocks[metric]
    return (row && shownClock(row, revisionOf(row), now)) ?? []
  })
  return { ticketId, policyKey, policyVersion, priority, phase: phaseOf(ticket, revisionOf(ticket)), clocks: shown }
}
