import { defineCommand } from '../../kernel/desk.ts'
import { TicketAct } from '../tickets/schema.ts'
import type { ReadState } from './schema.ts'
import { findVisible, forgetMark, unreadAfter } from './store.ts'

/** The caller has read nothing of a ticket, as if they had never seen it. */
export const markTicketUnread = defineCommand({
  name: 'markTicketUnread',
  group: 'tickets',
  isPersonal: true,
  input: TicketAct,

  async subject({ tx, actor }, { ticketId: ref }) {
    const ticketId = await findVisible(tx, actor, ref)
    return ticketId === undefined ? undefined : { ticketId, unread: await unreadAfter(tx, actor, ticketId, '') }
  },

  refuse(actor, found) {
    if (actor.kind !== 'person') return 'forbidden'
    return found ? undefined : 'ticket_not_found'
  },

  async handle({ query, actor }, _input, found): Promise<ReadState> {
    if (!found) throw new Error('a ticket that is not seen is refused')
    await query(forgetMark.bind({ personId: actor.id, ticketId: found.ticketId }))
    return { ...found, lastReadMessageId: null, readAt: null }
  },
})
