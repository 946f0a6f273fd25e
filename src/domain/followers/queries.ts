import { asc, eq } from 'drizzle-orm'
import { build, named, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { people } from '../people/table.ts'
import { visibleTicketId } from '../tickets/queries.ts'
import { TicketAct } from '../tickets/schema.ts'
import type { Follower } from './schema.ts'
import { ticketFollowers } from './table.ts'

/** Nobody needs more of them at once, and no mail goes to more. */
const FOLLOWERS_MAX = 500

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

  async read(context, { ticketId: ref }): Promise<Follower[]> {
    const ticketId = await visibleTicketId(context, ref)
    return (await context.db.query(ofTicket.bind({ ticketId, limit: FOLLOWERS_MAX }))).rows
  },
})
