import { deferRuleTimer } from '../domain/rules/defer-rule-timer.ts'
import { fireRuleTimer } from '../domain/rules/fire-rule-timer.ts'
import { dueRuleTimers } from '../domain/rules/timers.ts'
import type { Session } from '../kernel/desk.ts'
import { doDueWork, startDueWork } from './due-work.ts'

/** Waits of one ticket that end in one round; more of them are due again at once. */
const ROUND_MAX = 100

type OnError = (error: unknown) => void

/** Ends the waits of rules when they are over. */
export const startRuleTimers = (desk: Session, onError: OnError) =>
  startDueWork((isStopped) => fireDueTimers(desk, onError, isStopped), onError)

/** Ends the waits that are over. Answers after how many milliseconds to look again. */
export const fireDueTimers = async (desk: Session, onError: OnError, isStopped = () => false): Promise<number> =>
  doDueWork(await desk.read(dueRuleTimers, {}), (ticketId) => fireOf(desk, ticketId, onError), isStopped)

/** What is due on one ticket, one after another in the order in which it is. */
async function fireOf(desk: Session, ticketId: string, onError: OnError): Promise<number> {
  for (let fired = 0; fired < ROUND_MAX; fired++) {
    try {
      if (!(await desk.execute(fireRuleTimer, { ticketId })).found) return fired
    } catch (error) {
      onError(error)
      await desk.execute(deferRuleTimer, { ticketId }).catch(onError)
      return fired
    }
  }
  return ROUND_MAX
}
