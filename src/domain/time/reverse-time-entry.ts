import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problems.ts'
import { findPerson } from '../people/store.ts'
import { lockTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { weekOf } from './decide.ts'
import { refuseEntryWork } from './policy.ts'
import { ReverseTimeEntry, type TimeEntry } from './schema.ts'
import { closedWeek, type EntryRow, lastTimeWithout, lockEntry, shownEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

/** Takes back an entry that was approved: another one, of the week that is now, that has as much less. Once, and not when its week is locked. */
export const reverseTimeEntry = defineCommand({
  name: 'reverseTimeEntry',
  group: 'time',
  input: ReverseTimeEntry,
  constraints: { time_entries_reversed_once: 'time_entry_reversed' },

  async subject({ tx, now }, { timeEntryId }) {
    const entry = await lockEntry(tx, timeEntryId)
    if (!entry) return undefined
    const locked = await lockTicket(tx, entry.ticketId)
    const person = await findPerson(tx, entry.personId)
    const week = weekOf(now, person?.timeZone ?? null)
    const closed =
      (await closedWeek(tx, entry.personId, [entry.week], ['open', 'submitted', 'approved', 'rejected'])) ??
      (await closedWeek(tx, entry.personId, [week]))
    return { entry, locked, week, closed, lastTimeAt: await lastTimeWithout(tx, entry) }
  },

  refuse(actor, found) {
    const refusal = refuseEntryWork(actor, found?.entry)
    if (refusal) return refusal
    if (found?.entry.state !== 'approved')
      return new Problem('time_entry_open', { detail: 'Only an approved entry is reversed: change this one' })
    return found.entry.reversesId ? 'time_entry_reversed' : found.closed
  },

  handle(context, { note = null }, found): TimeEntry {
    if (!found) throw new Problem('time_entry_not_found')
    const { entry, locked, week, lastTimeAt } = found
    const { insert, update, now } = context
    const reversal: EntryRow = {
      ...entry,
      id: newId('tim'),
      startedAt: now,
      endedAt: now,
      durationSeconds: -entry.durationSeconds,
      billableSeconds: -entry.billableSeconds,
      note,
      source: 'manual',
      state: 'open',
      week,
      reversesId: entry.id,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    insert(timeEntries, reversal)
    update(tickets, locked.ticket, { lastTimeAt })
    tellTime(context, locked, reversal, 'time.logged')
    return shownEntry(reversal, now)
  },
})
