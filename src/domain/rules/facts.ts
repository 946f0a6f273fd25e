import type { MessageRow } from '../conversations/decide.ts'
import type { TicketFacts } from '../tickets/conditions.ts'

/** An event as it happens or as it is kept. */
export interface FactualEvent {
  type: string
  channel: string
  at: string
  facts: Record<string, unknown>
}

/** So much of a message is asked about (R45). */
export const TEXT_LENGTH_MAX = 65_536

type Said = Pick<MessageRow, 'visibility' | 'channel' | 'bodyText' | 'visibleText' | 'verified'>

/** What conditions are asked of: the facts that the event keeps, and the message that it is about. The same at the event and later. */
export function factsOf({ type, channel, at, facts }: FactualEvent, message: Said | undefined): TicketFacts {
  const { ticket, before, requester, actor, mail } = facts as unknown as Omit<TicketFacts, 'event' | 'message'> & {
    mail?: { autorespond: boolean }
  } // ticketFacts wrote them
  return {
    event: { type, channel, at },
    actor,
    ticket,
    before,
    requester,
    message: message
      ? {
          visibility: message.visibility,
          channel: message.channel,
          bodyText: message.bodyText.slice(0, TEXT_LENGTH_MAX),
          visibleText: message.visibleText.slice(0, TEXT_LENGTH_MAX),
          verified: message.verified,
          autorespond: mail?.autorespond ?? null,
        }
      : null,
  }
}
