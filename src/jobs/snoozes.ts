import { dueToWake, wakeTicket } from '../domain/tickets/wake-ticket.ts'
import type { Session } from '../kernel/desk.ts'
import { doDueWork, startDueWork } from './due-work.ts'

type OnError = (error: unknown) => void

/** Wakes snoozed tickets when their time has come. */
export const startWaking = (desk: Session, onError: OnError) =>
  startDueWork((isStopped) => wakeDueTickets(desk, onError, isStopped), onError)

/** Wakes those whose time has come. Answers after how many milliseconds to look again. */
export const wakeDueTickets = async (desk: Session, onError: OnError, isStopped = () => false): Promise<number> =>
  doDueWork(await desk.read(dueToWake, {}), (ticketId) => wakeOne(desk, ticketId, onError), isStopped)

/** One that breaks is tried again with the next look, and keeps no other from waking. */
async function wakeOne(desk: Session, ticketId: string, onError: OnError): Promise<number> {
  try {
    return (await desk.execute(wakeTicket, { ticketId })).found ? 1 : 0
  } catch (error) {
    onError(error)
    return 0
  }
}
