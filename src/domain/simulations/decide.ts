import { explain } from '../../kernel/condition/explain.ts'
import { factsOf } from '../rules/facts.ts'
import { heldBack, isOverruled, REOPENINGS_AN_HOUR_MAX, reopensByMail } from '../rules/guards.ts'
import { type Around, type Asked, holdsAt, type Judged, type SeenEvent, type Told } from './asked.ts'
import {
  type Firing,
  MISSES_MAX,
  SAMPLES_MAX,
  type SimulatedEvent,
  type SimulationCounts,
  type TicketPast,
} from './schema.ts'
import { judgeWait } from './waits.ts'

/** Whether the rule would run at an event, were nothing in its way; undefined where the facts are gone. */
export const matches = (asked: Asked, { event, said }: SeenEvent): boolean | undefined =>
  event.facts.ticket ? holdsAt(asked, event, said) : undefined

export interface Findings {
  counts: SimulationCounts
  samples: SimulatedEvent[]
  misses: SimulatedEvent[]
  /** By ticket. */
  pasts: ReadonlyMap<string, TicketPast>
}

const NO_PAST: TicketPast = { firings: [], wait: null }

const COUNTED = {
  fired: 'fired',
  stopped: 'stopped',
  guarded: 'guarded',
  waiting: 'waiting',
  cancelled: 'cancelled',
  not_matched: 'notMatched',
  unknown: 'unknown',
} as const

/**
 * What the rule would have done at further events, in their order. Its guards are those that run; they count what it would have done
 * itself, not what was done then.
 */
export function findingsOf(
  asked: Asked,
  seen: readonly (SeenEvent & { matches: boolean | undefined })[],
  around: (eventId: string) => Around,
  before: Findings,
): Findings {
  const counts = { ...before.counts }
  const samples = [...before.samples]
  const misses = [...before.misses]
  const pasts = new Map(before.pasts)
  for (const one of seen) {
    const { ticketId, id } = one.event
    const judged = judge(asked, one, around(id), pasts.get(ticketId) ?? NO_PAST)
    counts[COUNTED[judged.outcome]]++
    if (judged.past) pasts.set(ticketId, { ...judged.past, firings: judged.past.firings.slice(-FIRINGS_MAX) })
    if (judged.outcome === 'not_matched') {
      const miss = misses.length < MISSES_MAX ? told(asked, one, judged) : undefined
      if (miss?.failedCondition) misses.push(miss)
    } else if (judged.outcome !== 'unknown' && samples.length < SAMPLES_MAX) samples.push(told(asked, one, judged))
  }
  return { counts, samples, misses, pasts }
}

/** Those that count: up to the limit of an hour, and one that lies ahead, at the end of a wait. */
const FIRINGS_MAX = REOPENINGS_AN_HOUR_MAX + 1
const HOUR_MS = 3_600_000

function judge(
  asked: Asked,
  one: SeenEvent & { matches: boolean | undefined },
  around: Around,
  past: TicketPast,
): Judged {
  const { event } = one
  if (one.matches === undefined) return { outcome: 'unknown' }
  if (!one.matches) return { outcome: 'not_matched' }
  if (around.stoppedBy !== undefined) return { outcome: 'stopped', detail: `by ${around.stoppedBy}` }
  const { depth, hasActed } = around
  const { at, requestId } = event
  const isOfThis = (firing: Firing) => firing.at === at && firing.requestId === requestId
  const reopens = reopensByMail(asked.rule, event)
  const detail = heldBack({
    depth,
    hasActed: hasActed || past.firings.some(isOfThis),
    isOverruled: isOverruled(asked.rule, event),
    firedLately: reopens ? past.firings.filter((firing) => isLately(firing, at)).length : 0,
  })
  if (detail !== undefined) return { outcome: 'guarded', detail }
  if (asked.rule.after) return judgeWait(asked, one, around, past)
  return { outcome: 'fired', past: { ...past, firings: [...past.firings, { at, requestId }] } }
}

/** Within the hour before a moment. */
const isLately = (firing: Firing, at: string): boolean =>
  firing.at <= at && Date.parse(firing.at) > Date.parse(at) - HOUR_MS

const TEXT_LENGTH_MAX = 200

function told(
  { rule, condition, fields }: Asked,
  { event, said }: SeenEvent,
  { outcome, detail, dueAt, due = event }: Told,
): SimulatedEvent {
  const facts = factsOf(due, said)
  const { conditions, failedCondition } = explain(condition, fields, facts, { me: facts.actor.id, now: due.at })
  return {
    ticketId: event.ticketId,
    eventId: event.id,
    eventType: event.type,
    at: event.at,
    outcome,
    detail: detail ?? null,
    dueAt: dueAt ?? null,
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
