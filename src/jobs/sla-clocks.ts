import { deferSlaClock } from '../domain/sla/defer-sla-clock.ts'
import { dueSlaClocks } from '../domain/sla/due.ts'
import { fireSlaClock } from '../domain/sla/fire-sla-clock.ts'
import { dueWork } from './due-work.ts'

/** Tells warnings and breaches of SLA clocks when they are due: whatever is due on one ticket at once. */
export const slaClockWork = dueWork(dueSlaClocks, async (desk, ticketId, onError) => {
  try {
    return (await desk.execute(fireSlaClock, { ticketId })).found ? 1 : 0
  } catch (error) {
    onError(error)
    await desk.execute(deferSlaClock, { ticketId })
    return 0
  }
})
