import { rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { dueQuery } from '../../kernel/due.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Closed } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { visibleTicketId } from '../tickets/queries.ts'
import { TicketRef } from '../tickets/schema.ts'
import type { RuleTimer } from './schema.ts'
import { ruleTimers } from './table.ts'
import { isAwaited } from './waits.ts'

const { depth: _d, lineage: _l, isSilenced: _s, tryAt: _t, attempts: _a, ...columns } = rowOf(ruleTimers)

const timerList: List<RuleTimer> = {
  name: 'rule_timers',
  columns,
  from: ruleTimers,
  visible: () => isAwaited,
  id: ruleTimers.id,
  filters: {
    ruleKey: { column: ruleTimers.ruleKey, kind: 'text' },
    eventId: { column: ruleTimers.eventId, kind: 'reference' },
    ticketId: { column: ruleTimers.ticketId, kind: 'reference' },
    dueAt: { column: ruleTimers.dueAt, kind: 'instant' },
  },
  sorts: {
    dueAt: { column: ruleTimers.dueAt, property: 'dueAt' },
    createdAt: { column: ruleTimers.createdAt, property: 'createdAt' },
  },
  defaultSort: 'dueAt',
}
const { ticketId: _, ...timerFilters } = timerList.filters
/** What may be asked of what waits on one ticket. */
export const ruleTimerList: Pick<List<RuleTimer>, 'filters' | 'sorts' | 'defaultSort'> = {
  ...timerList,
  filters: timerFilters,
}

/** The rules that wait on a ticket before they act, what is due next first. */
export const ruleTimersQuery = defineQuery({
  name: 'ruleTimers',
  group: 'rules',
  input: Closed({ ticketId: TicketRef, page: PageInput }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { ticketId, page }) {
    const ofTicket = { field: 'ticketId', op: 'is' as const, values: [await visibleTicketId(context, ticketId)] }
    return readPage(timerList, context, { ...page, filters: [...(page.filters ?? []), ofTicket] })
  },
})

/** Tickets on which waits are over. */
export const dueRuleTimers = dueQuery({
  name: 'dueRuleTimers',
  group: 'rules',
  from: ruleTimers,
  at: ruleTimers.tryAt,
  id: ruleTimers.ticketId,
})
