import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { visibleTicketId } from '../tickets/queries.ts'
import { activeSla, revisionsFor } from './active.ts'
import { afterEntry, type RevisionOf } from './decide.ts'
import { type Kept, keptOf } from './kept.ts'
import type { Entry, Standing } from './moves.ts'
import { type ExplainedClock, type SlaExplanation, type SlaLogEntry, slaMetrics, TicketSlaInput } from './schema.ts'
import { shownClock } from './shown.ts'
import { stretchesOf } from './stretches.ts'

/** A log so long is folded; of a longer one the clocks are told as they are kept. */
const LOG_MAX = 2_000
const SHOWN_MAX = 500

const logOf = prepareSql<{ ticketId: string; limit: number }, SlaLogEntry>()(
  ($) => sql`select sequence, at, what, policy_key as "policyKey", policy_version as "policyVersion", priority, status,
      status_category as "statusCategory", is_gone as "isGone", is_replied as "isReplied", awaits_reply as "awaitsReply", metric
    from sla_log where ticket_id = ${$.ticketId} order by sequence desc limit ${$.limit}`,
)

/**
 * How the clocks of a ticket came to stand so: the log, folded anew, and for each clock all the time of its life in stretches, with what
 * counted and why the rest did not.
 */
export const explainTicketSla = defineQuery({
  name: 'explainTicketSla',
  group: 'tickets',
  input: TicketSlaInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { ticketId: ref }): Promise<SlaExplanation> {
    const { db, cached, now } = context
    const ticketId = await visibleTicketId(context, ref)
    const query: typeof db.query = (statement) => db.query(statement)
    const [{ rows }, all] = await Promise.all([
      db.query(logOf.bind({ ticketId, limit: LOG_MAX + 1 })),
      keptOf(query, [ticketId]),
    ])
    const log = rows.reverse()
    const revisionOf = await revisionsFor(query, await cached(activeSla), log)
    const kept = all.get(ticketId) ?? { ticket: undefined, clocks: {} }
    const isWhole = log.length <= LOG_MAX
    const clocks = isWhole ? explained(kept, log, revisionOf, now) : untold(kept, revisionOf, now)
    return { ticketId, log: log.slice(-SHOWN_MAX), isCapped: log.length > SHOWN_MAX, clocks }
  },
})

function explained(kept: Kept, log: readonly SlaLogEntry[], revisionOf: RevisionOf, now: string): ExplainedClock[] {
  const entries: Entry[] = log.map(({ sequence: _, ...entry }) => entry)
  const standing = entries.reduce<Standing | undefined>(
    (before, entry) => afterEntry(before, entry, revisionOf),
    undefined,
  )
  return slaMetrics.flatMap((metric) => {
    const [row, clock] = [kept.clocks[metric], standing?.clocks[metric]]
    if (!row || !clock || !standing) return []
    const folded = { ...row, ...clock, countedAt: standing.at }
    const shown = shownClock(folded, revisionOf(clock), now)
    return shown ? [{ ...shown, ...stretchesOf(metric, entries, now, revisionOf) }] : []
  })
}

/** All that is known without the log: what has counted. */
const untold = (kept: Kept, revisionOf: RevisionOf, now: string): ExplainedClock[] =>
  slaMetrics.flatMap((metric) => {
    const row = kept.clocks[metric]
    const shown = row && shownClock(row, revisionOf(row), now)
    if (!shown) return []
    const { startedAt: from, metAt, elapsedSeconds: countedSeconds } = shown
    const to = metAt ?? now
    const seconds = (Date.parse(to) - Date.parse(from)) / 1_000
    const life = {
      from,
      to,
      counted: countedSeconds > 0,
      why: 'earlier' as const,
      status: null,
      seconds,
      countedSeconds,
    }
    return [{ ...shown, stretches: [life], isCapped: true }]
  })
