import { defineCommand } from '../../kernel/desk.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { lockTicket } from '../tickets/store.ts'
import { UnlinkTickets } from './schema.ts'
import { linksOf, tellOfLink } from './store.ts'
import { ticketLinks } from './table.ts'

/** Takes a link away, from either of its tickets. */
export const unlinkTickets = defineCommand({
  name: 'unlinkTickets',
  group: 'tickets',
  input: UnlinkTickets,

  async subject({ tx }, { ticketId, linkId }) {
    const { ticket } = await lockTicket(tx, ticketId)
    return { ticket, link: (await linksOf(tx, ticket.id)).find(({ id }) => id === linkId) }
  },

  refuse: (actor, { ticket, link }) => refuseAgentWork(actor, ticket) ?? (link ? undefined : 'link_not_found'),

  handle(context, { linkId }, { link }) {
    if (!link) return { id: linkId }
    context.remove(ticketLinks, link)
    tellOfLink(context, 'ticket.unlinked', link)
    return { id: linkId }
  },
})
