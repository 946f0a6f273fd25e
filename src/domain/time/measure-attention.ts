import { and, desc, eq } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { findPerson } from '../people/store.ts'
import { lockTicket } from '../tickets/store.ts'
import { secondsBetween, weekOf } from './decide.ts'
import { refuseSpending } from './policy.ts'
import { DURATION_MAX, type TimeEntry, TimerAct } from './schema.ts'
import { type EntryRow, shownEntry } from './store.ts'
import { timeEntries } from './table.ts'

/** Two signs of life further apart than this are two visits. */
const GAP_SECONDS = 120

const latest = prepare<{ ticketId: string; personId: string }>()(($) =>
  build
    .select(rowOf(timeEntries))
    .from(timeEntries)
    .where(
      and(
        eq(timeEntries.ticketId, $.ticketId),
        eq(timeEntries.personId, $.personId),
        eq(timeEntries.source, 'automatic'),
      ),
    )
    .orderBy(desc(timeEntries.id))
    .limit(1)
    .for('update'),
)

/**
 * A front end says about once a minute that its user looks at a ticket; what lies between two such signs, at most two minutes apart, is
 * measured. Kept apart from what people declare, without an event: a sign of life is not an act.
 */
export const measureAttention = defineCommand({
  name: 'measureAttention',
  group: 'time',
  input: TimerAct,

  async subject({ tx, actor, now }, { ticketId }) {
    const locked = await lockTicket(tx, ticketId)
    const [visits, person] = await Promise.all([
      tx.query(latest.bind({ ticketId: locked.ticket.id, personId: actor.id })),
      findPerson(tx, actor.id),
    ])
    const last = visits.rows[0]
    const isSame = last?.endedAt && secondsBetween(last.endedAt, now) <= GAP_SECONDS
    return { ticket: locked.ticket, visit: isSame ? last : undefined, week: weekOf(now, person?.timeZone ?? null) }
  },

  refuse: (actor, { ticket }) => refuseSpending(actor, ticket),

  handle({ insert, update, actor, now }, _input, { ticket, visit, week }): TimeEntry {
    if (visit) {
      const durationSeconds = Math.min(secondsBetween(visit.startedAt, now), DURATION_MAX)
      update(timeEntries, visit, { durationSeconds, endedAt: now, updatedAt: now, version: visit.version + 1 })
      return shownEntry(visit, now)
    }
    const entry: EntryRow = {
      id: newId('tim'),
      ticketId: ticket.id,
      personId: actor.id,
      startedAt: now,
      endedAt: now,
      durationSeconds: 0,
      billableSeconds: 0,
      resumedAt: null,
      activity: null,
      billable: false,
      rate: null,
      note: null,
      source: 'automatic',
      state: 'measured',
      week,
      reversesId: null,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    insert(timeEntries, entry)
    return shownEntry(entry, now)
  },
})
