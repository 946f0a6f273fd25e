import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problems.ts'
import { activityOf, describedBy, knownActivities } from '../activities/store.ts'
import { findPerson } from '../people/store.ts'
import { lockTicket } from '../tickets/store.ts'
import { weekOf } from './decide.ts'
import { refuseSpending } from './policy.ts'
import { StartTimer, type TimeEntry } from './schema.ts'
import { ACTIVITY_GONE, closedWeek, type EntryRow, lockTimers, shownEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

/**
 * Starts the caller's timer on a ticket, or goes on with the one that they paused there. A person has at most one that runs: the database
 * holds that, whichever process asks. It survives restarts: only its moments are kept.
 */
export const startTimer = defineCommand({
  name: 'startTimer',
  group: 'time',
  input: StartTimer,
  constraints: { time_entries_one_running: 'timer_running', ...ACTIVITY_GONE },

  async subject({ tx, actor, now, cached }, { ticketId }) {
    const locked = await lockTicket(tx, ticketId)
    const [timers, person, activities] = await Promise.all([
      lockTimers(tx, actor.id),
      findPerson(tx, actor.id),
      cached(knownActivities),
    ])
    const paused = timers.find((timer) => timer.state === 'paused' && timer.ticketId === locked.ticket.id)
    const week = paused?.week ?? weekOf(now, person?.timeZone ?? null)
    const closed = await closedWeek(tx, actor.id, [week])
    return { ...locked, paused, running: timers.find(({ state }) => state === 'running'), activities, week, closed }
  },

  refuse(actor, { ticket, running, closed }) {
    const refusal = refuseSpending(actor, ticket)
    if (refusal) return refusal
    if (running) return new Problem('timer_running', { timeEntryId: running.id, ticketId: running.ticketId })
    return closed
  },

  handle(
    context,
    { ticketId: _, ...said },
    { paused, running: _r, closed: _c, activities, week, ...locked },
  ): TimeEntry {
    const { insert, update, actor, now } = context
    const again = { state: 'running' as const, resumedAt: now, updatedAt: now }
    if (said.activity != null) activityOf(activities, said.activity)
    if (paused) update(timeEntries, paused, { ...said, ...again, version: paused.version + 1 })
    const entry: EntryRow = paused ?? {
      id: newId('tim'),
      ticketId: locked.ticket.id,
      personId: actor.id,
      startedAt: now,
      endedAt: null,
      durationSeconds: 0,
      billableSeconds: 0,
      note: said.note ?? null,
      ...describedBy(activities, said),
      ...again,
      source: 'timer',
      week,
      reversesId: null,
      createdAt: now,
      version: 1,
    }
    if (!paused) insert(timeEntries, entry)
    tellTime(context, locked, entry, 'timer.started')
    return shownEntry(entry, now)
  },
})
