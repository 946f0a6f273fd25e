import { Type } from 'typebox'
import { defineQuery } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { ticket } from '../tickets/queries.ts'
import { TicketAct } from '../tickets/schema.ts'
import type { ReadState } from './schema.ts'
import { readStatesOf } from './store.ts'

/** How far the caller has read many tickets, which they see. */
export const readStatesByTicket = defineQuery({
  name: 'readStatesByTicket',
  group: 'tickets',
  input: Closed({ ticketIds: Type.Array(Id(), { maxItems: 100 }) }),
  refuse: () => undefined,

  async read({ db, actor }, { ticketIds }) {
    const states = await readStatesOf(db, actor, ticketIds)
    return new Map(states.map((state) => [state.ticketId, state]))
  },
})

/** How far the caller has read a ticket, and how much of it they have not. */
export const readState = defineQuery({
  name: 'readState',
  group: 'tickets',
  input: TicketAct,
  refuse: () => undefined,

  async read(context, { ticketId }): Promise<ReadState> {
    const { id } = await ticket.read(context, { ticketId })
    const [state] = await readStatesOf(context.db, context.actor, [id])
    if (!state) throw new Error('a ticket has a state of reading')
    return state
  },
})
