import { isStaff } from '../../kernel/actor.ts'
import type { Reaction } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import type { Assignee, MailFacts } from '../tickets/decide.ts'
import { insertNotice, type Notice } from './store.ts'

/** The facts of a ticket's event; `ticketFacts` wrote them. */
interface Told {
  ticket: { id: string; subject: string }
  assignee?: Assignee
  /** Of another conversation. */
  participants?: Assignee[]
  mail?: MailFacts
}

/** What those who work here are told whatever the rules say: what bears their name, and what nobody else would see. */
export const notifyAgents: Reaction = (event, context) => {
  if (!event.facts) return
  const told = event.facts as unknown as Told // facts are JSON
  for (const notice of noticesOf(event, told)) insertNotice(context, event, told.ticket, notice)
}

function noticesOf(event: DeskEvent, { assignee, participants = [], mail }: Told): Notice[] {
  switch (event.type) {
    case 'ticket.noted':
      return [
        // whoever forges an agent's address tells the agent
        ...(mail?.unproven ? [{ kind: 'mail_unverified' as const, to: mail.unproven }] : []),
        ...participants.filter(({ id }) => id !== event.actor.id).map((to) => ({ kind: 'note_added' as const, to })),
      ]
    case 'conversation.replied':
      return assignee && assignee.id !== event.actor.id && !isStaff(event.actor)
        ? [{ kind: 'customer_replied', to: assignee }]
        : []
    case 'message.held':
      return assignee ? [{ kind: 'message_held', to: assignee }] : []
    case 'mail.bounced':
      return assignee && event.data.hard ? [{ kind: 'mail_bounced', to: assignee }] : []
    default:
      return []
  }
}
