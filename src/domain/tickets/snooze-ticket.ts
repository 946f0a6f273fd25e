import { Type } from 'typebox'
import { after, type Instant, MINUTE_MS } from '../../kernel/clock.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid, type Problem } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { writeChange } from './changing.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { SNOOZE_MINUTES_MAX, SnoozeTicket, type Ticket } from './schema.ts'
import { type LockedTicket, lockTicket } from './store.ts'

/** Puts a ticket aside until a moment, for a while, or until its requester writes; whatever is first wakes it. Snoozed again, it sleeps anew. */
export const snoozeTicket = defineCommand({
  name: 'snoozeTicket',
  group: 'tickets',
  input: SnoozeTicket,
  subject: ({ tx }, { ticketId }) => lockTicket(tx, ticketId),
  refuse: (actor, { ticket }, input) => refuseAgentWork(actor, ticket) ?? refuseBoth(input),

  ruleAction: {
    input: Closed(Type.Pick(SnoozeTicket, ['forMinutes']).properties),
    subject: (working) => working as LockedTicket, // what events of tickets hand on
  },

  handle(context, { until, forMinutes }, locked): Ticket {
    const { now } = context
    const snoozedUntil = forMinutes === undefined ? momentIn(until, now) : after(now, forMinutes * MINUTE_MS)
    writeChange(context, locked, { snoozedAt: now, snoozedUntil })
    return locked.ticket
  },

  answer: answeredTicket,
})

const refuseBoth = ({ until, forMinutes }: { until?: string; forMinutes?: number }): Problem | undefined =>
  until !== undefined && forMinutes !== undefined
    ? invalid('/forMinutes', 'ambiguous', 'give either until or forMinutes')
    : undefined

function momentIn(until: string | undefined, now: Instant): Instant | null {
  if (until === undefined) return null
  const moment = instantIn('/until', until)
  if (!moment || Date.parse(moment) <= Date.parse(now)) throw invalid('/until', 'past', 'is over already')
  if (Date.parse(moment) > Date.parse(now) + SNOOZE_MINUTES_MAX * MINUTE_MS)
    throw invalid('/until', 'too_far', 'is more than a year away')
  return moment
}
