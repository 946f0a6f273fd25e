import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { MarkTicketRead, type ReadState } from './schema.ts'
import { findReadable, findVisible, lockMark, MARK_CONSTRAINT, unreadAfter } from './store.ts'
import { ticketReads } from './table.ts'

/**
 * The caller has read a ticket up to a message, or up to the latest. A later mark stays: what was read on one screen is not unread again
 * because another is slow. No event: who read what is nobody's business but the reader's.
 */
export const markTicketRead = defineCommand({
  name: 'markTicketRead',
  group: 'tickets',
  isPersonal: true,
  input: MarkTicketRead,
  retryOn: [MARK_CONSTRAINT],

  async subject({ tx, actor }, { ticketId: ref, messageId }) {
    const ticketId = await findVisible(tx, actor, ref)
    if (ticketId === undefined) return undefined
    const [mark, upTo] = await Promise.all([
      lockMark(tx, actor.id, ticketId),
      findReadable(tx, actor, ticketId, messageId ?? null),
    ])
    const last = mark && upTo !== undefined && mark.messageId > upTo ? mark.messageId : upTo
    const unread = last === undefined ? 0 : await unreadAfter(tx, actor, ticketId, last)
    return { ticketId, mark, upTo, unread }
  },

  refuse(actor, found) {
    if (actor.kind !== 'person') return 'forbidden'
    if (!found) return 'ticket_not_found'
    return found.upTo === undefined ? invalid('/messageId', 'not_found', 'is no message of this ticket') : undefined
  },

  handle({ insert, update, actor, now }, _input, found): ReadState {
    if (found?.upTo === undefined) throw new Error('a ticket that cannot be read is refused')
    const { ticketId, mark, upTo, unread } = found
    if (!mark) insert(ticketReads, { personId: actor.id, ticketId, messageId: upTo, readAt: now })
    else if (mark.messageId < upTo) update(ticketReads, mark, { messageId: upTo, readAt: now })
    const { messageId, readAt } = mark ?? { messageId: upTo, readAt: now }
    return { ticketId, unread, lastReadMessageId: messageId, readAt }
  },
})
