import { eq, sql } from 'drizzle-orm'
import { build, prepare } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { dueQuery } from '../../kernel/due.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { wake } from './changing.ts'
import { lockTicket } from './store.ts'
import { tickets } from './table.ts'

/** Tickets whose time to wake has come. */
export const dueToWake = dueQuery({
  name: 'dueToWake',
  group: 'tickets',
  from: tickets,
  at: tickets.snoozedUntil,
  id: tickets.id,
  // a deleted or merged one sleeps on: it wakes when it is back
  where: sql`${tickets.deletedAt} is null and ${tickets.mergedIntoId} is null`,
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
