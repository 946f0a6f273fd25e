import { defineCommand } from '../../kernel/desk.ts'
import { lockTicket } from '../tickets/store.ts'
import { refuseTime } from './policy.ts'
import { type TimeEntry, TimerAct } from './schema.ts'
import { elapsed, lockTimers, shownEntry, tellTime } from './store.ts'
import { timeEntries } from './table.ts'

/** The caller's timer on a ticket stands still until it is started again. */
export const pauseTimer = defineCommand({
  name: 'pauseTimer',
  group: 'time',
  input: TimerAct,

  async subject({ tx, actor }, { ticketId }) {
    const locked = await lockTicket(tx, ticketId)
    const timers = await lockTimers(tx, actor.id)
    return { ...locked, timer: timers.find((each) => each.state === 'running' && each.ticketId === locked.ticket.id) }
  },

  refuse: (actor, { ticket, timer }) => refuseTime(actor, ticket) ?? (timer ? undefined : 'timer_not_running'),

  handle(context, _input, { timer, ...locked }): TimeEntry {
    if (!timer) throw new Error('without a timer it is refused')
    const { update, now } = context
    update(timeEntries, timer, {
      state: 'paused',
      durationSeconds: elapsed(timer, now),
      resumedAt: null,
      updatedAt: now,
      version: timer.version + 1,
    })
    tellTime(context, locked, timer, 'timer.paused')
    return shownEntry(timer, now)
  },
})
