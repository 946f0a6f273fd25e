import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { lockTicket } from '../tickets/store.ts'
import { activeSla, revisionsFor } from './active.ts'
import { lockDueTicket } from './due.ts'
import { tellDue } from './following.ts'
import { keptOf } from './kept.ts'

/**
 * What is due on the clocks of a ticket is told: warnings and breaches, each once in the life of its clock. The log and the event are one
 * transaction under the lock of the ticket, so that nothing is told twice, whoever else is at it, is killed or stands still. Answers
 * whether there was anything. Internal.
 */
export const fireSlaClock = defineCommand({
  name: 'fireSlaClock',
  group: 'vocabularies',
  input: Closed({ ticketId: Id() }),

  async subject({ tx, cached }, { ticketId }) {
    const now = await lockDueTicket(tx, ticketId)
    if (now === undefined) return
    const query: typeof tx.query = (statement) => tx.query(statement)
    const [locked, { policies }, all] = await Promise.all([
      lockTicket(tx, ticketId),
      cached(activeSla),
      keptOf(query, [ticketId]),
    ])
    const kept = all.get(ticketId)
    if (!kept?.ticket) return
    return { now, locked, kept, revisionOf: await revisionsFor(query, { policies }, [kept.ticket]) }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, _input, found): { found: boolean } {
    if (!found) return { found: false }
    tellDue(context, found, found.now)
    return { found: true }
  },
})
