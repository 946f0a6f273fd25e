import type { Channel } from '../../kernel/actor.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Attachment } from '../attachments/schema.ts'
import type { TicketRow } from '../tickets/decide.ts'
import type { Body } from './body.ts'
import { SANITISER_VERSION } from './html.ts'
import type { Visibility } from './schema.ts'
import type { messages } from './table.ts'

export type MessageRow = typeof messages.$inferSelect

export interface NewMessage {
  id: string
  ticket: Pick<TicketRow, 'id' | 'customerConversationId' | 'internalConversationId'>
  author: string | null
  visibility: Visibility
  channel: Channel
  body: Body & { visibleText?: string | null; quotedText?: string | null }
  attachments: Attachment[]
  /** Where it is said, if not in one of the two that every ticket has. */
  conversationId?: string | undefined
  now: Instant
  mail?: { inReplyTo: string | null; held: boolean; verified: boolean } | undefined
}

/** A message in the conversation of its visibility. */
export function messageRow({
  id,
  ticket,
  author,
  visibility,
  channel,
  body,
  attachments,
  conversationId,
  now,
  mail,
}: NewMessage): MessageRow {
  return {
    id,
    ticketId: ticket.id,
    originTicketId: null,
    conversationId:
      conversationId ?? (visibility === 'public' ? ticket.customerConversationId : ticket.internalConversationId),
    authorId: author,
    visibility,
    channel,
    bodyText: body.bodyText,
    bodyHtml: body.bodyHtml,
    sanitiserVersion: SANITISER_VERSION,
    visibleText: body.visibleText ?? body.bodyText,
    quotedText: body.quotedText ?? null,
    attachments,
    inReplyTo: mail?.inReplyTo ?? null,
    held: mail?.held ?? false,
    verified: mail?.verified ?? null,
    createdAt: now,
  }
}
