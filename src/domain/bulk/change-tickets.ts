import { defineCommand } from '../../kernel/desk.ts'
import { namedBy } from '../rules/named.ts'
import { changeEach, refuseActions } from './changing.ts'
import { type BulkChange, ChangeTickets } from './schema.ts'
import { idsOf } from './store.ts'

/** Actions on up to a hundred tickets at once, each ticket on its own: what one refuses does not keep the others from it. */
export const changeTickets = defineCommand({
  name: 'changeTickets',
  group: 'tickets',
  input: ChangeTickets,

  async subject({ tx, ...context }, { ticketIds, actions }) {
    const [targets, named] = await Promise.all([idsOf(tx, ticketIds), namedBy(tx, context, actions)])
    return { targets, named }
  },

  refuse: (actor, { named }, { actions }) => refuseActions(actor, actions, named),
  handle: async (context, { actions }, { targets }): Promise<BulkChange> => ({
    results: await changeEach(context, targets, actions),
  }),
})
