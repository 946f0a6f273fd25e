import { dueFacts, type FactualEvent } from '../rules/facts.ts'
import { heldBack } from '../rules/guards.ts'
import { type Around, type Asked, holdsAt, type Judged, type SeenEvent } from './asked.ts'
import type { TicketPast } from './schema.ts'

/** What comes of a wait that an event is to begin. The rule is asked again at its end, as rules are that run. */
export function judgeWait(asked: Asked, { event, said }: SeenEvent, around: Around, past: TicketPast): Judged {
  const { end } = around
  const { wait } = past
  if (wait && !isOver(wait, event)) return { outcome: 'waiting', detail: `since ${wait.eventId}` }
  if (!end) throw new Error(`nothing is known of the wait of ${event.id}`)
  const { dueAt, due, endedBy, facts } = end
  const begun = { ...past, wait: { eventId: event.id, dueAt, overWith: (endedBy ?? due)?.id ?? null } }
  const judged = { dueAt, past: begun }
  if (endedBy) return { ...judged, outcome: 'cancelled', detail: `by ${endedBy.type} (${endedBy.id})` }
  if (dueAt > asked.until) return { ...judged, outcome: 'waiting' }
  if (!facts?.ticket) return { ...judged, outcome: 'unknown' }

  const then: FactualEvent = { type: 'rule.due', channel: 'rule', at: dueAt, facts: dueFacts(event, facts) }
  const found = { ...judged, due: then }
  if (!holdsAt(asked, then, said)) return { ...found, outcome: 'not_matched' }
  // one that had acted on the way here was held back at the event, or is by its generation
  const detail = heldBack({ depth: around.depth + 1, hasActed: false })
  if (detail !== undefined) return { ...found, outcome: 'guarded', detail }
  const firing = { at: dueAt, requestId: due?.requestId ?? null }
  return { ...found, outcome: 'fired', past: { ...begun, firings: [...past.firings, firing] } }
}

/** A wait that an event ends is over at that event: what begins there begins anew. */
const isOver = ({ dueAt, overWith }: NonNullable<TicketPast['wait']>, { id, at }: SeenEvent['event']): boolean =>
  overWith === null ? at >= dueAt : id >= overWith
