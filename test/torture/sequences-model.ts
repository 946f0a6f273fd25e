/** What merges, splits and their undoing should leave: tickets that point to each other, and messages that know where they were written. */

export interface ModelMessage {
  id: string
  /** The ticket on which it was written, or to which it was split. */
  home: number
  isPublic: boolean
  byRequester: boolean
  authorId: string
}

export interface ModelTicket {
  id: string
  number: number
  requesterId: string
  /** The ticket that it was merged into. */
  under: number | null
  /** An agent has changed a field since the last public message, or since messages came or went. */
  isHandled: boolean
}

export interface Model {
  tickets: ModelTicket[]
  /** In the order in which they were written. */
  messages: ModelMessage[]
}

/** What is read of a ticket. */
export interface Expected {
  mergedIntoId: string | null
  messageIds: string[]
  publicIds: string[]
  lastMessageId: string | undefined
  lastRequesterMessageId: string | undefined
  firstReplyId: string | undefined
  needsReaction: boolean
}

/** Where a ticket goes on. */
export function endOf({ tickets }: Model, at: number): number {
  const under = tickets[at]?.under ?? null
  return under === null ? at : endOf({ tickets, messages: [] }, under)
}

export const isLiving = ({ tickets }: Model, at: number): boolean => tickets[at]?.under === null

export const messagesOn = (model: Model, at: number): ModelMessage[] =>
  isLiving(model, at) ? model.messages.filter(({ home }) => endOf(model, home) === at) : []

/** Messages came or went: what the ticket says of them is counted anew. */
export function recounted({ tickets }: Model, ...at: number[]): void {
  for (const n of at) {
    const ticket = tickets[n]
    if (ticket) ticket.isHandled = false
  }
}

export function expectedOf(model: Model, at: number): Expected {
  const messages = messagesOn(model, at)
  const told = messages.filter(({ isPublic }) => isPublic)
  const ticket = model.tickets[at]
  return {
    mergedIntoId: isLiving(model, at) ? null : (model.tickets[endOf(model, at)]?.id ?? null),
    messageIds: messages.map(({ id }) => id),
    publicIds: told.map(({ id }) => id),
    lastMessageId: told.at(-1)?.id,
    lastRequesterMessageId: told.findLast(({ byRequester }) => byRequester)?.id,
    firstReplyId: told.find(({ byRequester }) => !byRequester)?.id,
    needsReaction: !ticket?.isHandled && (told.at(-1)?.byRequester ?? false),
  }
}
