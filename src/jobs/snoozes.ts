import { dueToWake, wakeTicket } from '../domain/tickets/wake-ticket.ts'
import { dueWork } from './due-work.ts'

/** Wakes snoozed tickets when their time has come. */
export const snoozeWork = dueWork(dueToWake, async (desk, ticketId) =>
  (await desk.execute(wakeTicket, { ticketId })).found ? 1 : 0,
)
