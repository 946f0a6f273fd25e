import { asc, sql } from 'drizzle-orm'
import { prepare } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id, Nullable } from '../../kernel/schema.ts'
import { lockable, lockedFrom } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { activeSla, revisionsFor } from './active.ts'
import { followTicket } from './following.ts'
import { keptOf } from './kept.ts'

/** Tickets that one transaction brings along; the others follow by jobs. */
const BATCH_TICKETS = 100

// in the words of the partial index; what is solved or gone follows when it comes back
const living = prepare<{ after: string; limit: number }>()(($) =>
  lockable()
    .where(
      sql`${tickets.statusCategory} in ('open', 'waiting_on_customer', 'waiting_on_other') and ${tickets.id} > ${$.after}
        and ${tickets.deletedAt} is null and not ${tickets.spam} and ${tickets.mergedIntoId} is null`,
    )
    .orderBy(asc(tickets.id))
    .limit($.limit)
    .for('update', { of: tickets }),
)

/** The next living tickets follow what policies say now, and another job those behind them. Internal. A job that comes twice finds nothing to do. */
export const followSlaPolicies = defineCommand({
  name: 'followSlaPolicies',
  group: 'vocabularies',
  input: Closed({ after: Nullable(Id()) }),

  async subject({ tx, cached }, { after }) {
    const [{ policies }, { rows }] = await Promise.all([
      cached(activeSla),
      tx.query(living.bind({ after: after ?? '', limit: BATCH_TICKETS })),
    ])
    const found = rows.map(lockedFrom)
    // only now: they are locked
    const query: typeof tx.query = (statement) => tx.query(statement)
    const kept = await keptOf(
      query,
      found.map(({ ticket }) => ticket.id),
    )
    const bound = [...kept.values()].flatMap(({ ticket }) => ticket ?? [])
    return { found, kept, policies, revisionOf: await revisionsFor(query, { policies }, bound) }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, _input, { found, kept, policies, revisionOf }) {
    for (const locked of found) {
      const known = kept.get(locked.ticket.id)
      if (known) followTicket(context, { locked, kept: known, policies, revisionOf }, { at: context.now })
    }
    const after = found.at(-1)?.ticket.id
    if (found.length === BATCH_TICKETS && after !== undefined) context.enqueue({ queue: 'sla.follow', data: { after } })
    return null
  },
})
