import { type SQL, sql } from 'drizzle-orm'
import { defineQuery } from '../../kernel/desk.ts'
import { PageInput } from '../../kernel/page.ts'
import { Closed } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { readTickets, ticket, visibleTicketId } from '../tickets/queries.ts'
import { TicketAct, TicketRef } from '../tickets/schema.ts'
import { tickets } from '../tickets/table.ts'
import type { TicketLink } from './schema.ts'
import { linksSeen } from './store.ts'

/** The tickets that are parts of this one, or of one that was merged into it, a page at a time; requesters see those of their own. */
export const childrenQuery = defineQuery({
  name: 'children',
  group: 'tickets',
  input: Closed({ ticketId: TicketRef, page: PageInput }),
  refuse: () => undefined,

  async read(context, { ticketId, page }) {
    const { id } = await ticket.read(context, { ticketId })
    const term = {
      shape: 'children',
      values: [id],
      condition: (at: (n: number) => SQL) =>
        sql`(${tickets.parentId} = ${at(0)} or ${tickets.parentId} in (select shell.id from tickets shell where shell.merged_into_id = ${at(0)})) and ${tickets.id} <> ${at(0)}`,
    }
    return readTickets(context, page, { name: `children ${id}`, term })
  },
})

/** How a ticket stands to others that are seen, in both directions. */
export const linksQuery = defineQuery({
  name: 'links',
  group: 'tickets',
  input: TicketAct,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async (context, { ticketId }): Promise<TicketLink[]> =>
    linksSeen(context.db, await visibleTicketId(context, ticketId), context.actor),
})
