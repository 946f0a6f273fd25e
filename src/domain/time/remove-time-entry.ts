import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { lockTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { refuseEntryWork } from './policy.ts'
import { TimeEntryAct } from './schema.ts'
import { lastTimeWithout, lockEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

/** Takes away an entry that no timesheet holds yet, or a timer that should not have been started. */
export const removeTimeEntry = defineCommand({
  name: 'removeTimeEntry',
  group: 'time',
  input: TimeEntryAct,

  async subject({ tx }, { timeEntryId }) {
    const entry = await lockEntry(tx, timeEntryId)
    if (!entry) return undefined
    const locked = await lockTicket(tx, entry.ticketId)
    return { entry, locked, lastTimeAt: await lastTimeWithout(tx, entry) }
  },

  refuse(actor, found) {
    const refusal = refuseEntryWork(actor, found?.entry)
    if (refusal) return refusal
    const { state = 'open' } = found?.entry ?? {}
    if (state === 'submitted' || state === 'approved')
      return new Problem('time_entry_kept', { detail: `The entry is ${state}`, state })
  },

  handle(context, _input, found) {
    if (!found) throw new Problem('time_entry_not_found')
    context.remove(timeEntries, found.entry)
    context.update(tickets, found.locked.ticket, { lastTimeAt: found.lastTimeAt })
    tellTime(context, found.locked, found.entry, 'time.removed')
    return { id: found.entry.id }
  },
})
