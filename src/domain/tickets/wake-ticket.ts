import { eq, sql } from 'drizzle-orm'
import { build, prepare, prepareSql } from '../../db/statement.ts'
import { defineCommand, defineQuery } from '../../kernel/desk.ts'
import { Closed, Id, NoInput } from '../../kernel/schema.ts'
import { wake } from './changing.ts'
import { lockTicket } from './store.ts'
import { tickets } from './table.ts'

const LOOK_MAX = 200

// a deleted or merged one sleeps on: it wakes when it is back
const next = prepareSql<object, { id: string; inMs: number }>()(
  () => sql`select id, (extract(epoch from snoozed_until - now()) * 1000)::float8 as "inMs" from tickets
    where snoozed_until is not null and deleted_at is null and merged_into_id is null
    order by snoozed_until limit ${sql.raw(String(LOOK_MAX))}`,
)

/** Tickets whose time to wake has come, by the database's clock, and how long it is until the next one's. A batch; null: nothing is in sight. */
export const dueToWake = defineQuery({
  name: 'dueToWake',
  group: 'tickets',
  input: NoInput,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async read({ db }): Promise<{ ids: string[]; nextInMs: number | null }> {
    const { rows } = await db.query(next.bind({}))
    const due = rows.filter(({ inMs }) => inMs <= 0)
    return { ids: due.map(({ id }) => id), nextInMs: rows[due.length]?.inMs ?? null }
  },
})

// one that a command holds just now comes with the next look
const dueTicket = prepare<{ id: string }>()(($) =>
  build
    .select({ id: sql<string>`${tickets.id}` })
    .from(tickets)
    .where(
      sql`${eq(tickets.id, $.id)} and ${tickets.snoozedUntil} <= now() and ${tickets.deletedAt} is null and ${tickets.mergedIntoId} is null`,
    )
    .for('update', { skipLocked: true }),
)

/** Wakes a ticket whose time has come: under its lock, and so once, whoever else is at it. Answers whether it did. Internal. */
export const wakeTicket = defineCommand({
  name: 'wakeTicket',
  group: 'tickets',
  input: Closed({ ticketId: Id() }),

  async subject({ tx }, { ticketId }) {
    const [due] = (await tx.query(dueTicket.bind({ id: ticketId }))).rows
    return due && lockTicket(tx, due.id)
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, _input, locked): { found: boolean } {
    if (locked) wake(context, locked)
    return { found: locked !== undefined }
  },
})
