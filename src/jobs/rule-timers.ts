import { deferRuleTimer } from '../domain/rules/defer-rule-timer.ts'
import { fireRuleTimer } from '../domain/rules/fire-rule-timer.ts'
import { dueRuleTimers } from '../domain/rules/timers.ts'
import { dueWork } from './due-work.ts'

/** Waits of one ticket that end in one round; more of them are due again at once. */
const ROUND_MAX = 100

/** Ends the waits of rules when they are over: those of one ticket one after another, in the order in which they are. */
export const ruleTimerWork = dueWork(dueRuleTimers, async (desk, ticketId, onError) => {
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
})
