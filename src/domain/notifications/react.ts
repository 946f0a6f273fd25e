import { isStaff } from '../../kernel/actor.ts'
import type { Reaction } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import type { Settings } from '../../kernel/settings.ts'
import { notification } from '../outbound/letters.ts'
import type { Assignee, MailFacts } from '../tickets/decide.ts'
import { insertNotice, type Notice } from './store.ts'

/** The facts of a ticket's event; `ticketFacts` wrote them. */
interface Told {
  ticket: { id: string; number: number; subject: string }
  requester: { name: string | null; email: string }
  assignee?: Assignee
  /** Of another conversation. */
  participants?: Assignee[]
  /** Who is written to in a note. */
  mentioned?: Assignee[]
  mail?: MailFacts
  /** What an agent asked for by mail in vain. */
  refused?: { to: Assignee; text: string }
}

/** What those who work here are told whatever the rules say: what bears their name, and what nobody else would see. */
export const notifyAgents: Reaction = (event, context) => {
  if (!event.facts) return
  const told = event.facts as unknown as Told // facts are JSON
  for (const notice of noticesOf(event, told, context.settings)) insertNotice(context, event, told.ticket, notice)
}

function noticesOf(event: DeskEvent, told: Told, { publicUrl }: Pick<Settings, 'publicUrl'>): Notice[] {
  const { assignee, participants = [], mentioned = [], mail, refused } = told
  const isAnother = ({ id }: Assignee) => id !== event.actor.id
  switch (event.type) {
    case 'ticket.noted':
      return [
        // whoever forges an agent's address tells the agent
        ...(mail?.unproven ? [{ kind: 'mail_unverified' as const, to: mail.unproven }] : []),
        ...mentioned.filter(isAnother).map((to) => ({ kind: 'mentioned' as const, to })),
        // once for each: who is written to by name is told so
        ...participants
          .filter((one) => isAnother(one) && !mentioned.some(({ id }) => id === one.id))
          .map((to) => ({ kind: 'note_added' as const, to })),
      ]
    case 'conversation.replied':
      return assignee && assignee.id !== event.actor.id && !isStaff(event.actor)
        ? [{ kind: 'customer_replied', to: assignee }]
        : []
    case 'message.held':
      return assignee ? [{ kind: 'message_held', to: assignee }] : []
    case 'mail.bounced':
      return assignee && event.data.hard ? [{ kind: 'mail_bounced', to: assignee }] : []
    case 'command.refused': {
      if (!refused) return []
      const { ticket, requester } = told
      const link = `${publicUrl}/v1/tickets/${ticket.number}`
      const about = { ticket, requester, text: refused.text, link, isAnswerable: false }
      return [{ kind: 'command_refused', to: refused.to, says: notification('command_refused', about).bodyText }]
    }
    default:
      return []
  }
}
