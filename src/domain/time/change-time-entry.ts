import { after, SECOND_MS } from '../../kernel/clock.ts'
import { conflictOver } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { activityOf, knownActivities } from '../activities/store.ts'
import { findPerson } from '../people/store.ts'
import { lockTicket } from '../tickets/store.ts'
import { weekOf } from './decide.ts'
import { refuseEntryWork, refuseKept } from './policy.ts'
import { ChangeTimeEntry, type TimeEntry } from './schema.ts'
import { ACTIVITY_GONE, billableOf, closedWeek, findSettings, lockEntry, shownEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

// a reversal takes away what was there, to the second and to the cent, on the day it was made
const MIRRORED = ['durationSeconds', 'billable', 'rate', 'startedAt'] as const

/** Changes an entry as long as its timesheet is open. After that it is corrected by a reversal. */
export const changeTimeEntry = defineCommand({
  name: 'changeTimeEntry',
  group: 'time',
  input: ChangeTimeEntry,

  constraints: ACTIVITY_GONE,

  async subject({ tx, cached }, { timeEntryId, startedAt: start }) {
    const entry = await lockEntry(tx, timeEntryId)
    if (!entry) return undefined
    const startedAt = instantIn('/startedAt', start) ?? entry.startedAt
    const locked = await lockTicket(tx, entry.ticketId)
    const [person, settings, activities] = await Promise.all([
      findPerson(tx, entry.personId),
      findSettings(tx),
      cached(knownActivities),
    ])
    const week = weekOf(startedAt, person?.timeZone ?? null)
    const closed = await closedWeek(tx, entry.personId, [entry.week, week])
    return { entry, startedAt, week, settings, activities, locked, closed }
  },

  refuse(actor, found, input) {
    const refusal = refuseEntryWork(actor, found?.entry) ?? (found && refuseKept(found.entry))
    if (refusal) return refusal
    const mirrored = MIRRORED.find((name) => input[name] !== undefined)
    if (mirrored !== undefined && found?.entry.reversesId)
      return invalid(`/${mirrored}`, 'reversal', 'is that of the entry that it takes back')
    return found?.closed
  },

  handle(context, { timeEntryId: _, expectedVersion, ...input }, found): TimeEntry {
    if (!found) throw new Problem('time_entry_not_found')
    const { entry, startedAt, week, settings, activities, locked } = found
    const { update, now } = context
    // what changes a week changes its entries, without an event of each: any other version is a conflict
    if (expectedVersion !== undefined && expectedVersion !== entry.version)
      throw conflictOver(entry.version, Object.keys(input))
    if (input.activity != null && input.activity !== entry.activity) activityOf(activities, input.activity)
    const durationSeconds = input.durationSeconds ?? entry.durationSeconds
    const isMoved = startedAt !== entry.startedAt || durationSeconds !== entry.durationSeconds
    const endedAt = isMoved ? after(startedAt, Math.abs(durationSeconds) * SECOND_MS) : entry.endedAt
    if (endedAt !== null && endedAt > after(now, 60 * SECOND_MS))
      throw invalid('/startedAt', 'range', 'would end in the future')
    const wanted = { ...input, startedAt, endedAt, durationSeconds, week }
    const billable = wanted.billable ?? entry.billable
    const isBilledAnew = billable !== entry.billable || durationSeconds !== entry.durationSeconds
    const billableSeconds = isBilledAnew
      ? billableOf({ billable, durationSeconds }, settings.row)
      : entry.billableSeconds
    const changes = changesBetween(entry, { ...wanted, billableSeconds })
    if (!Object.keys(changes).length) return shownEntry(entry, now)
    update(timeEntries, entry, { ...wanted, billableSeconds, updatedAt: now, version: entry.version + 1 })
    tellTime(context, locked, entry, 'time.changed', changes)
    return shownEntry(entry, now)
  },
})
