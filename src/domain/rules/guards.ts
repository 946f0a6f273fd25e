import { isDone } from '../tickets/decide.ts'
import type { Action } from './schema.ts'

/** Events that rules cause are the next generation; so many, and what would follow is held back, visibly. */
export const GENERATIONS_MAX = 5
/** Machines that answer each other open a ticket again and again (mail/README rule 9). */
export const REOPENINGS_AN_HOUR_MAX = 5

/** Whether a rule takes part in an event at all, whatever its condition says. */
export const concerns = (
  rule: { types: readonly string[] | null; reactToRules: boolean },
  event: { actor: { kind: string } },
  type: string,
): boolean => (rule.types === null || rule.types.includes(type)) && (rule.reactToRules || event.actor.kind !== 'rule')

/** What is known of a rule and a ticket when its condition holds. */
interface Past {
  /** Generations of rules before this event. */
  depth: number
  /** In what one request began. */
  hasActed: boolean
  /** How often it fired on this ticket within the hour; asked where it reopens by mail. */
  firedLately?: number
  /** Whoever wrote has said which status it is to be. */
  isOverruled?: boolean
}

/** Why a rule is held back; it never drops what has happened already. */
export function heldBack({ depth, hasActed, firedLately = 0, isOverruled = false }: Past): string | undefined {
  if (depth >= GENERATIONS_MAX) return `${GENERATIONS_MAX} generations of rules`
  if (hasActed) return 'it has acted on this ticket already, in what began here'
  if (isOverruled) return 'whoever wrote has set the status'
  if (firedLately >= REOPENINGS_AN_HOUR_MAX)
    return `mail has reopened the ticket ${REOPENINGS_AN_HOUR_MAX} times within an hour`
}

/** Whether a rule sets the status of what is done because of a mail. */
export function reopensByMail(
  rule: { then: readonly Action[] },
  { channel, facts }: { channel: string; facts?: Record<string, unknown> },
): boolean {
  const { statusCategory } = (facts?.ticket ?? {}) as { statusCategory?: string } // ticketFacts wrote them
  return channel === 'email' && isDone(statusCategory) && setsStatus(rule.then)
}

/** Whether a rule would set another status at once than the one that a person has set with their message. */
export const isOverruled = (
  { then, after }: { then: readonly Action[]; after: object | null },
  { facts }: { facts?: Record<string, unknown> },
): boolean => facts?.statusIsGiven === true && after === null && setsStatus(then)

/** Whether a ticket gets a status by these. */
export const setsStatus = (actions: readonly Action[]): boolean =>
  actions.some(({ action, status }) => (action === 'changeTicket' || action === 'postReply') && Boolean(status))
