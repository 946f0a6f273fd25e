import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import { dueQuery } from '../../kernel/due.ts'
import { tickets } from '../tickets/table.ts'
import { slaClocks } from './table.ts'

/** Tickets with clocks that warn or breach by now. */
export const dueSlaClocks = dueQuery({
  name: 'dueSlaClocks',
  group: 'vocabularies',
  from: slaClocks,
  at: slaClocks.tryAt,
  id: slaClocks.ticketId,
})

// a ticket that a command holds just now comes with the next look
const heldTicket = prepare<{ id: string }>()(($) =>
  build
    .select({ id: sql<string>`${tickets.id}` })
    .from(tickets)
    .where(eq(tickets.id, $.id))
    .for('update', { skipLocked: true }),
)
const dueBy = prepareSql<{ ticketId: string }, { now: Instant }>()(
  ($) => sql`select now()::timestamp(3) with time zone as now from ${slaClocks}
    where ${slaClocks.ticketId} = ${$.ticketId} and ${slaClocks.tryAt} <= now() limit 1`,
)

/**
 * The moment by the database's clock, where something is due on a ticket, which is locked until the commit; undefined where nothing is, or
 * where somebody else holds the ticket: nobody waits for a process that may be stopped.
 */
export async function lockDueTicket(tx: Connection, ticketId: string): Promise<Instant | undefined> {
  const [ticket] = (await tx.query(heldTicket.bind({ id: ticketId }))).rows
  return ticket && (await tx.query(dueBy.bind({ ticketId }))).rows[0]?.now
}
