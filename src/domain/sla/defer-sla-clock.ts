import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { lockDueTicket } from './due.ts'
import { slaClocks } from './table.ts'

/** The last one comes after 17 minutes; after that the next event of the ticket tells it. */
const ATTEMPTS_MAX = 10

const defer = prepareSql<{ ticketId: string; max: number }, never>()(
  (
    $,
  ) => sql`update ${slaClocks} set attempts = attempts + 1, try_at = case when attempts + 1 < ${$.max}::int then now() + make_interval(secs => power(2, attempts)) end
    where ${slaClocks.ticketId} = ${$.ticketId} and ${slaClocks.tryAt} <= now()`,
)

/** What was due on a ticket broke as a whole: it is tried again later, so that others do not stand behind it, and given up at last. Internal. */
export const deferSlaClock = defineCommand({
  name: 'deferSlaClock',
  group: 'vocabularies',
  input: Closed({ ticketId: Id() }),
  subject: ({ tx }, { ticketId }) => lockDueTicket(tx, ticketId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle({ query }, { ticketId }, now) {
    if (now !== undefined) await query(defer.bind({ ticketId, max: ATTEMPTS_MAX }))
    return null
  },
})
