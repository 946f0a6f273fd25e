import { asc, eq, sql } from 'drizzle-orm'
import { build, named, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { people } from '../people/table.ts'
import { TicketAct } from '../tickets/schema.ts'
import { namedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import type { Follower } from './schema.ts'
import { ticketFollowers } from './table.ts'

/** Nobody needs more of them at once, and no mail goes to more. */
const FOLLOWERS_MAX = 500

const ticketBy = prepare<{ id: string | null; number: number | null }>()(($) =>
  build
    .select({ id: rowOf(tickets).id })
    .from(tickets)
    .where(sql`${tickets.id} = ${$.id} or ${tickets.number} = ${$.number}`),
)
const ofTicket = prepare<{ ticketId: string; limit: number }>()(($) =>
  build
    .select({
      ...rowOf(ticketFollowers),
      name: named<string | null>('name', people.name),
      email: named<string>('email', people.email),
    })
    .from(ticketFollowers)
    .innerJoin(people, eq(people.id, ticketFollowers.personId))
    .where(eq(ticketFollowers.ticketId, $.ticketId))
    .orderBy(asc(ticketFollowers.createdAt), asc(ticketFollowers.personId))
    .limit($.limit),
)

/** Who receives the public replies of a ticket beside its requester, those who came first in front. */
export const followersQuery = defineQuery({
  name: 'followers',
  group: 'tickets',
  input: TicketAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { ticketId }): Promise<Follower[]> {
    const { id = null, number = null } = namedTicket(ticketId)
    const [ticket] = (await db.query(ticketBy.bind({ id, number }))).rows
    if (!ticket) throw new Problem('ticket_not_found')
    return (await db.query(ofTicket.bind({ ticketId: ticket.id, limit: FOLLOWERS_MAX }))).rows
  },
})
