import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { lockTicket } from '../tickets/store.ts'
import { endsOf, LINKS_MAX } from './decide.ts'
import { LinkTickets, type TicketLink } from './schema.ts'
import { findLivingId, linksOf, tellOfLink } from './store.ts'
import { ticketLinks } from './table.ts'

/** Says how a ticket stands to another; agents read it on both. */
export const linkTickets = defineCommand({
  name: 'linkTickets',
  group: 'tickets',
  input: LinkTickets,
  constraints: { ticket_links_once: 'already_linked' },

  async subject({ tx, actor }, { ticketId, toId: ref }) {
    const [{ ticket }, otherId] = await Promise.all([lockTicket(tx, ticketId), findLivingId(tx, ref, actor)])
    return { ticket, otherId, links: await linksOf(tx, ticket.id) }
  },

  refuse(actor, { ticket, otherId, links }, { kind }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (otherId === undefined) return invalid('/toId', 'not_found', 'is no ticket')
    if (otherId === ticket.id) return invalid('/toId', 'same', 'is this ticket')
    if (links.length >= LINKS_MAX) return invalid('/ticketId', 'too_many', `has ${LINKS_MAX} links already`)
    const { fromId, toId } = endsOf(kind, ticket.id, otherId)
    const isThere = links.some((link) => link.kind === kind && link.fromId === fromId && link.toId === toId)
    return isThere ? 'already_linked' : undefined
  },

  handle(context, { kind }, { ticket, otherId = '' }): TicketLink {
    const { insert, actor, now } = context
    const createdById = actor.kind === 'person' ? actor.id : null
    const link = { id: newId('lnk'), kind, ...endsOf(kind, ticket.id, otherId), createdById, createdAt: now }
    insert(ticketLinks, link)
    tellOfLink(context, 'ticket.linked', link)
    return link
  },
})
