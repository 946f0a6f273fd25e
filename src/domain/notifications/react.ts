import type { Reaction } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import type { Assignee, MailFacts } from '../tickets/decide.ts'
import { insertNotice, type Notice } from './store.ts'

/** The facts of a ticket's event; `ticketFacts` wrote them. */
interface Told {
  ticket: { id: string; subject: string }
  assignee?: Assignee
  mail?: MailFacts
}

/** What those who work here are told whatever the rules say: what bears their name, and what nobody else would see. */
export const notifyAgents: Reaction = (event, context) => {
  if (!event.facts) return
  const told = event.facts as unknown as Told // facts are JSON
  const notice = noticeOf(event, told)
  if (notice) insertNotice(context, event, told.ticket, notice)
}

function noticeOf(event: DeskEvent, { assignee, mail }: Told): Notice | undefined {
  switch (event.type) {
    case 'ticket.noted':
      // whoever forges an agent's address tells the agent
      return mail?.unproven && { kind: 'mail_unverified', to: mail.unproven }
    case 'message.held':
      return assignee && { kind: 'message_held', to: assignee }
    case 'mail.bounced':
      return assignee && event.data.hard ? { kind: 'mail_bounced', to: assignee } : undefined
    default:
      return
  }
}
