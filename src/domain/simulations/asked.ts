import type { Condition, Fields } from '../../kernel/condition/language.ts'
import type { Predicate } from '../../kernel/condition/predicate.ts'
import { type FactualEvent, factsOf } from '../rules/facts.ts'
import { concerns } from '../rules/guards.ts'
import type { Kept, Said } from '../rules/kept.ts'
import type { TriedRule } from '../rules/schema.ts'
import type { TicketFacts } from '../tickets/conditions.ts'
import type { SimulatedOutcome, TicketPast } from './schema.ts'

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
  /** The last moment of which anything is known. */
  until: string
}

/** What is known of an event beside its facts. */
export interface Around {
  /** Generations of rules before it. */
  depth: number
  /** The rule that stopped it. */
  stoppedBy: string | undefined
  /** Whether this rule had acted before a wait by whose end it came about. */
  hasActed: boolean
  /** Of a wait that begins here. */
  end: WaitEnd | undefined
}

/** How a wait that an event begins would have ended, from what is kept. */
export interface WaitEnd {
  dueAt: string
  /** The `rule.due` with which just this wait did end. */
  due: { id: string; requestId: string | null } | null
  /** What would have ended it before. */
  endedBy: { id: string; type: string } | null
  /** What the last event of the ticket before its end says of it. */
  facts: Record<string, unknown> | null
}

interface Course {
  detail?: string | undefined
  dueAt?: string
  /** What the conditions were asked of last, where it is not the event. */
  due?: FactualEvent
  /** What is remembered from now on. */
  past?: TicketPast
}
export type Told = Course & { outcome: SimulatedOutcome }
export type Judged = Told | (Course & { outcome: 'unknown' })

/** Whether a rule takes part in an event, and its condition holds. */
export function holdsAt({ rule, holds }: Asked, event: FactualEvent, said: Said): boolean {
  const facts = factsOf(event, said)
  return concerns(rule, facts, String(facts.ticket.type)) && holds(facts, { me: facts.actor.id, now: event.at })
}
