import type { CommandContext, Reaction } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import type { TimeWorking } from '../time/store.ts'
import { lockCovering } from './covering.ts'
import { availableOf } from './decide.ts'
import { exhausted } from './policy.ts'
import { settle } from './settling.ts'

/**
 * Prepaid time follows what is spent: what is logged is drawn, what is changed is taken back and drawn anew, what is removed or reversed is
 * taken back. Work that its contract blocks is refused, and the command with it: nothing of it is written. Other events pass at no cost.
 */
export const drawFromContracts: Reaction = (event, context) => {
  switch (event.type) {
    case 'timer.started':
      return refuseWithoutRest(event, context)
    case 'time.logged':
    case 'time.changed':
    case 'time.removed':
      return settle(event, context)
  }
}

/** A timer is started only where something remains: what it will come to nobody knows. */
async function refuseWithoutRest(event: DeskEvent, context: CommandContext): Promise<void> {
  const { ticket, entry } = event.working as TimeWorking // what events of time hand on
  if (!entry.billable) return
  const { cover } = await lockCovering(context, { ticket, workedAt: entry.startedAt }, [])
  if (cover && availableOf(cover) === 0) throw exhausted(cover, 0)
}
