import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import { tickets } from '../tickets/table.ts'
import { slaClocks } from './table.ts'

const LOOK_MAX = 200

const next = prepareSql<object, { ticketId: string; inMs: number }>()(
  () => sql`select ticket_id as "ticketId", (extract(epoch from try_at - now()) * 1000)::float8 as "inMs"
    from ${slaClocks} where try_at is not null order by try_at limit ${sql.raw(String(LOOK_MAX))}`,
)

/** Tickets with clocks that warn or breach by now, by the database's clock, and how long it is until the next one does. A batch; null: nothing is in sight. */
export const dueSlaClocks = defineQuery({
  name: 'dueSlaClocks',
  group: 'vocabularies',
  input: NoInput,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async read({ db }): Promise<{ ids: string[]; nextInMs: number | null }> {
    const { rows } = await db.query(next.bind({}))
    const due = rows.filter(({ inMs }) => inMs <= 0)
    return { ids: [...new Set(due.map(({ ticketId }) => ticketId))], nextInMs: rows[due.length]?.inMs ?? null }
  },
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
