import { deferSlaClock } from '../domain/sla/defer-sla-clock.ts'
import { dueSlaClocks } from '../domain/sla/due.ts'
import { fireSlaClock } from '../domain/sla/fire-sla-clock.ts'
import type { Session } from '../kernel/desk.ts'
import { doDueWork, startDueWork } from './due-work.ts'

type OnError = (error: unknown) => void

/** Tells warnings and breaches of SLA clocks when they are due. */
export const startSlaClocks = (desk: Session, onError: OnError) =>
  startDueWork((isStopped) => fireDueClocks(desk, onError, isStopped), onError)

/** Tells what is due. Answers after how many milliseconds to look again. */
export const fireDueClocks = async (desk: Session, onError: OnError, isStopped = () => false): Promise<number> =>
  doDueWork(await desk.read(dueSlaClocks, {}), (ticketId) => fireOf(desk, ticketId, onError), isStopped)

/** Whatever is due on one ticket is told at once. */
async function fireOf(desk: Session, ticketId: string, onError: OnError): Promise<number> {
  try {
    return (await desk.execute(fireSlaClock, { ticketId })).found ? 1 : 0
  } catch (error) {
    onError(error)
    await desk.execute(deferSlaClock, { ticketId }).catch(onError)
    return 0
  }
}
