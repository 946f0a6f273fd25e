import { defineCommand } from '../../kernel/desk.ts'
import { lockTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { refuseTime } from './policy.ts'
import { type TimeEntry, TimerAct } from './schema.ts'
import { billableOf, elapsed, findSettings, lockTimers, shownEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

/** The caller's timer on a ticket ends, running or paused, and is time that was spent. */
export const stopTimer = defineCommand({
  name: 'stopTimer',
  group: 'time',
  input: TimerAct,

  async subject({ tx, actor }, { ticketId }) {
    const locked = await lockTicket(tx, ticketId)
    const [timers, settings] = await Promise.all([lockTimers(tx, actor.id), findSettings(tx)])
    const own = timers.filter((each) => each.ticketId === locked.ticket.id)
    return { ...locked, timer: own.find(({ state }) => state === 'running') ?? own[0], settings }
  },

  refuse: (actor, { ticket, timer }) => refuseTime(actor, ticket) ?? (timer ? undefined : 'timer_not_running'),

  handle(context, _input, { timer, settings, ...locked }): TimeEntry {
    if (!timer) throw new Error('without a timer it is refused')
    const { update, now } = context
    const durationSeconds = elapsed(timer, now)
    update(tickets, locked.ticket, { lastTimeAt: now })
    update(timeEntries, timer, {
      state: 'open',
      durationSeconds,
      billableSeconds: billableOf({ ...timer, durationSeconds }, settings.row),
      resumedAt: null,
      endedAt: now,
      updatedAt: now,
      version: timer.version + 1,
    })
    tellTime(context, locked, timer, 'timer.stopped')
    tellTime(context, locked, timer, 'time.logged')
    return shownEntry(timer, now)
  },
})
