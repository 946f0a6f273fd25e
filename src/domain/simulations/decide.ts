import { explain } from '../../kernel/condition/explain.ts'
import type { Condition, Fields } from '../../kernel/condition/language.ts'
import type { Predicate } from '../../kernel/condition/predicate.ts'
import { factsOf } from '../rules/facts.ts'
import { concerns, heldBack, reopensByMail, setsStatus } from '../rules/guards.ts'
import type { Kept, Said } from '../rules/kept.ts'
import type { TriedRule } from '../rules/schema.ts'
import type { TicketFacts } from '../tickets/conditions.ts'
import {
  type Firing,
  MISSES_MAX,
  SAMPLES_MAX,
  type SimulatedEvent,
  type SimulatedOutcome,
  type SimulationCounts,
} from './schema.ts'

/** An event as it is kept, and the message that it is about. */
export interface SeenEvent {
  event: Kept & { requestId: string | null }
  said: Said
}

/** A rule made ready to be asked. */
export interface Asked {
  rule: TriedRule
  condition: Condition
  holds: Predicate<TicketFacts>
  fields: Fields<TicketFacts>
}

/** Whether the rule would run at an event, were nothing in its way; undefined where the facts are gone. */
export function matches({ rule, holds }: Asked, { event, said }: SeenEvent): boolean | undefined {
  if (!event.facts.ticket) return
  const facts = factsOf(event, said)
  const takesPart = concerns(rule, { actor: { kind: event.actorKind } }, String(facts.ticket.type))
  return takesPart && holds(facts, { me: event.actorId, now: event.at })
}

/** What is known of an event beside its facts: generations of rules before it, and the rule that stopped it. */
export interface Circumstances {
  depth(eventId: string): number
  stoppedBy(eventId: string): string | undefined
}

export interface Findings {
  counts: SimulationCounts
  samples: SimulatedEvent[]
  misses: SimulatedEvent[]
  firings: Firing[]
}

/**
 * What the rule would have done at further events, in their order. Its guards are those that run; they count what it would have done
 * itself, not what was done then.
 */
export function findingsOf(
  asked: Asked,
  seen: readonly (SeenEvent & { matches: boolean | undefined })[],
  circumstances: Circumstances,
  before: Findings,
): Findings {
  const counts = { ...before.counts }
  const samples = [...before.samples]
  const misses = [...before.misses]
  const firings = [...before.firings]
  for (const one of seen) {
    if (one.matches === undefined) {
      counts.unknown++
    } else if (!one.matches) {
      counts.notMatched++
      const miss = misses.length < MISSES_MAX ? told(asked, one, { outcome: 'not_matched' }) : undefined
      if (miss?.failedCondition) misses.push(miss)
    } else {
      const judged = judge(asked.rule, one, circumstances, firings)
      counts[judged.outcome]++
      if (samples.length < SAMPLES_MAX) samples.push(told(asked, one, judged))
      const { ticketId, at, requestId } = one.event
      if (judged.outcome === 'fired') firings.push({ ticketId, at, requestId })
    }
  }
  return { counts, samples, misses, firings: lately(asked.rule, firings) }
}

interface Judged {
  outcome: SimulatedOutcome
  detail?: string
}

const HOUR_MS = 3_600_000

function judge(
  rule: TriedRule,
  { event }: SeenEvent,
  { depth, stoppedBy }: Circumstances,
  firings: readonly Firing[],
): Judged & { outcome: 'fired' | 'stopped' | 'guarded' } {
  const stopper = stoppedBy(event.id)
  if (stopper !== undefined) return { outcome: 'stopped', detail: `by ${stopper}` }
  const own = firings.filter(({ ticketId }) => ticketId === event.ticketId)
  const since = Date.parse(event.at) - HOUR_MS
  const detail = heldBack({
    depth: depth(event.id),
    hasActed: own.some(({ at, requestId }) => at === event.at && requestId === event.requestId),
    firedLately: reopensByMail(rule, event) ? own.filter(({ at }) => Date.parse(at) > since).length : 0,
  })
  return detail === undefined ? { outcome: 'fired' } : { outcome: 'guarded', detail }
}

/** So many are remembered: those of one request stand close together, those that reopen count for an hour. */
const FIRINGS_MAX = { reopening: 2_000, other: 200 }

const lately = (rule: TriedRule, firings: Firing[]): Firing[] =>
  firings.slice(-(setsStatus(rule) ? FIRINGS_MAX.reopening : FIRINGS_MAX.other))

const TEXT_LENGTH_MAX = 200

function told(
  { rule, condition, fields }: Asked,
  { event, said }: SeenEvent,
  { outcome, detail }: Judged,
): SimulatedEvent {
  const asking = { me: event.actorId, now: event.at }
  const { conditions, failedCondition } = explain(condition, fields, factsOf(event, said), asking)
  return {
    ticketId: event.ticketId,
    eventId: event.id,
    eventType: event.type,
    at: event.at,
    outcome,
    detail: detail ?? null,
    failedCondition: failedCondition && shortened(failedCondition),
    conditions: conditions.map(shortened),
    actions: outcome === 'fired' ? rule.then : [],
  }
}

/** A message's text is read at the message. */
const shortened = <F extends { actual: unknown }>(finding: F): F =>
  typeof finding.actual === 'string' && finding.actual.length > TEXT_LENGTH_MAX
    ? { ...finding, actual: `${finding.actual.slice(0, TEXT_LENGTH_MAX).toWellFormed()}…` }
    : finding
