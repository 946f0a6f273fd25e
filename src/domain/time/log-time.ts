import { isAdmin } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { describedBy, knownActivities } from '../activities/store.ts'
import { findPerson } from '../people/store.ts'
import { lockTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { spanOf, weekOf } from './decide.ts'
import { refuseSpending } from './policy.ts'
import { LogTime, type TimeEntry } from './schema.ts'
import { ACTIVITY_GONE, billableOf, closedWeek, type EntryRow, findSettings, shownEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

/** Time that somebody spent on a ticket, said by hand. */
export const logTime = defineCommand({
  name: 'logTime',
  group: 'time',
  input: LogTime,

  constraints: ACTIVITY_GONE,

  async subject({ tx, actor, now, cached }, input) {
    const { ticketId, personId = actor.id } = input
    const span = spanOf(input, now)
    const locked = await lockTicket(tx, ticketId)
    const [person, settings, activities] = await Promise.all([
      findPerson(tx, personId),
      findSettings(tx),
      cached(knownActivities),
    ])
    const week = weekOf(span.startedAt, person?.timeZone ?? null)
    const closed = await closedWeek(tx, personId, [week])
    return { ...locked, person, span, settings, activities, week, closed }
  },

  refuse(actor, { ticket, person, closed }, { personId }) {
    const refusal = refuseSpending(actor, ticket)
    if (refusal) return refusal
    if (personId !== undefined && personId !== actor.id && !isAdmin(actor)) return 'forbidden'
    if (!person || person.actsAs === 'requester') return invalid('/personId', 'not_found', 'is nobody who works here')
    return closed
  },

  handle(context, input, { person, span, settings, activities, week, closed: _, ...locked }): TimeEntry {
    const { insert, update, actor, now } = context
    const { note = null } = input
    const described = describedBy(activities, input)
    const entry: EntryRow = {
      id: newId('tim'),
      ticketId: locked.ticket.id,
      personId: person?.id ?? actor.id,
      ...span,
      billableSeconds: billableOf({ ...described, ...span }, settings.row),
      resumedAt: null,
      ...described,
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
    update(tickets, locked.ticket, { lastTimeAt: now })
    tellTime(context, locked, entry, 'time.logged')
    return shownEntry(entry, now)
  },
})
