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

/** What began a wait, as the facts of its end keep it. */
interface Since {
  type: string
  channel: string
  at: string
}

/**
 * What conditions are asked of: the facts that the event keeps, and the message that it is about. The same at the event and later. At
 * the end of a wait the event is the one that began it; the ticket is as it is then.
 */
export function factsOf({ type, channel, at, facts }: FactualEvent, message: Said | undefined): TicketFacts {
  const { ticket, before, requester, organization, actor, mail, since, sla } = facts as unknown as Omit<
    TicketFacts,
    'event' | 'message'
  > & {
    mail?: { autorespond: boolean }
    since?: Since
  } // ticketFacts and dueFacts wrote them
  return {
    event: since ?? { type, channel, at },
    actor,
    ticket,
    before,
    requester,
    organization,
    ...(sla ? { sla } : {}),
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

/** The facts of the end of a wait: what happened is the event that began it, the ticket and its people are as they are at the end. */
export function dueFacts(
  { type, channel, at, facts: begun }: FactualEvent,
  { mail: _, ...now }: Record<string, unknown>,
): Record<string, unknown> {
  const { before, actor, messageId, mail, sla } = begun
  const since: Since = { type, channel, at }
  return { ...now, before, actor, messageId, ...(mail ? { mail } : {}), ...(sla ? { sla } : {}), since }
}
