import { isAdmin } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { findPerson } from '../people/store.ts'
import { lockTicket } from '../tickets/store.ts'
import { spanOf, weekOf } from './decide.ts'
import { refuseSpending } from './policy.ts'
import { LogTime, type TimeEntry } from './schema.ts'
import { billableOf, closedWeek, type EntryRow, findSettings, shownEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

/** Time that somebody spent on a ticket, said by hand. */
export const logTime = defineCommand({
  name: 'logTime',
  group: 'time',
  input: LogTime,

  async subject({ tx, actor, now }, input) {
    const { ticketId, personId = actor.id } = input
    const span = spanOf(input, now)
    const locked = await lockTicket(tx, ticketId)
    const [person, settings] = await Promise.all([findPerson(tx, personId), findSettings(tx)])
    const week = weekOf(span.startedAt, person?.timeZone ?? null)
    const closed = await closedWeek(tx, personId, [week])
    return { ...locked, person, span, settings, week, closed }
  },

  refuse(actor, { ticket, person, closed }, { personId }) {
    const refusal = refuseSpending(actor, ticket)
    if (refusal) return refusal
    if (personId !== undefined && personId !== actor.id && !isAdmin(actor)) return 'forbidden'
    if (!person || person.actsAs === 'requester') return invalid('/personId', 'not_found', 'is nobody who works here')
    return closed
  },

  handle(context, input, { person, span, settings, week, closed: _, ...locked }): TimeEntry {
    const { insert, actor, now } = context
    const { activity = null, billable = true, rate = null, note = null } = input
    const entry: EntryRow = {
      id: newId('tim'),
      ticketId: locked.ticket.id,
      personId: person?.id ?? actor.id,
      ...span,
      billableSeconds: billableOf({ billable, ...span }, settings.row),
      resumedAt: null,
      activity,
      billable,
      rate,
      note,
      source: 'manual',
      state: 'open',
      week,
      reversesId: null,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    insert(timeEntries, entry)
    tellTime(context, locked, entry, 'time.logged')
    return shownEntry(entry, now)
  },
})
