import { type Actor, isStaff } from '../../kernel/actor.ts'
import type { CommandContext, Reaction } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { noticeSubject } from '../outbound/letters.ts'
import { queueMail } from '../outbound/queueing.ts'
import type { NoticeKind } from '../people/schema.ts'
import type { Assignee, MailFacts, Requester } from '../tickets/decide.ts'
import { levelOf } from './decide.ts'
import { notifications } from './table.ts'

/** The facts of a ticket's event; `ticketFacts` wrote them. */
interface Told {
  ticket: { id: string; subject: string }
  requester: Requester
  assignee?: Assignee
  mail?: MailFacts
  messageId: string | null
}

/** Those who work here are told of what they did not do themselves: in their list, and by mail as they wish. */
export const notifyAgents: Reaction = (event, context) => {
  if (!event.facts) return
  const told = event.facts as unknown as Told // facts are JSON
  const notice = noticeOf(event, told)
  if (notice) notify(context, event, told, notice)
}

interface Notice {
  kind: NoticeKind
  to: Assignee
}

/** Who hears of an event, and as what. */
function noticeOf(event: DeskEvent, { assignee, requester, mail }: Told): Notice | undefined {
  const { actor } = event
  switch (event.type) {
    case 'ticket.noted':
      // whoever forges an agent's address tells the agent
      return mail?.unproven && { kind: 'mail_unverified', to: mail.unproven }
    case 'ticket.opened':
    case 'ticket.assigned': {
      const isNew = event.type === 'ticket.opened' || 'assigneeId' in (event.changes ?? {})
      return assignee && isNew && assignee.id !== actor.id ? { kind: 'ticket_assigned', to: assignee } : undefined
    }
    case 'ticket.replied':
      return assignee && assignee.id !== actor.id && isCustomer(actor, requester)
        ? { kind: 'customer_replied', to: assignee }
        : undefined
    case 'message.held':
      return assignee && { kind: 'message_held', to: assignee }
    case 'mail.bounced':
      return assignee && event.data.hard ? { kind: 'mail_bounced', to: assignee } : undefined
    default:
      return
  }
}

const isCustomer = (actor: Actor, requester: Requester): boolean =>
  actor.kind === 'person' && (actor.id === requester.id || !isStaff(actor))

function notify(context: CommandContext, event: DeskEvent, { ticket, messageId }: Told, { kind, to }: Notice): void {
  const level = levelOf(to.notices, kind)
  if (level === 'none') return
  const { insert, now } = context
  const about = { ticketId: ticket.id, messageId, eventId: event.id }
  insert(notifications, { id: newId('ntf'), personId: to.id, kind, ...about, createdAt: now, readAt: null })
  if (level === 'list') return
  const subject = noticeSubject(kind, ticket)
  queueMail(context, {
    ...about,
    kind: 'notification',
    notice: kind,
    to,
    subject,
    reason: `${kind}, as ${to.email} wishes`,
  })
}
