import { type Static, Type } from 'typebox'

const Maybe = Type.Unsafe<string | null>({ type: ['string', 'null'] })

export const Ticket = Type.Object({
  id: Type.String(),
  subject: Type.String(),
  status: Type.String(),
  priority: Type.String(),
  requesterId: Type.String(),
  assigneeId: Maybe,
  tags: Type.Array(Type.String()),
  channel: Type.String(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  firstRepliedAt: Maybe,
  lastMessageAt: Type.String(),
  lastMessagePreview: Type.String(),
  version: Type.Integer(),
})
export type Ticket = Static<typeof Ticket>

export const Message = Type.Object({
  id: Type.String(),
  ticketId: Type.String(),
  authorId: Type.String(),
  visibility: Type.String(),
  channel: Type.String(),
  body: Type.String(),
  createdAt: Type.String(),
})
export type Message = Static<typeof Message>

const TicketWithMessages = Type.Object({ ...Ticket.properties, messages: Type.Array(Message) })
export type TicketWithMessages = Static<typeof TicketWithMessages>

const OpenTicket = Type.Object({
  subject: Type.String({ minLength: 1, maxLength: 300 }),
  body: Type.String({ minLength: 1, maxLength: 100_000 }),
  requester: Type.Object({ email: Type.String({ minLength: 3, maxLength: 320 }) }),
})
type OpenTicket = Static<typeof OpenTicket>

const Params = Type.Object({ id: Type.String({ pattern: '^[0-9]+$' }) })

/** What each route takes and answers. */
export const routes = {
  open: { body: OpenTicket, response: { 201: Ticket } },
  read: { params: Params, response: { 200: TicketWithMessages } },
  list: {
    querystring: Type.Object({
      assigneeId: Type.String({ pattern: '^[0-9]+$' }),
      limit: Type.Integer({ minimum: 1, maximum: 100 }),
    }),
    response: { 200: Type.Object({ data: Type.Array(Ticket) }) },
  },
  search: {
    body: Type.Object({
      query: Type.String({ minLength: 1, maxLength: 500 }),
      limit: Type.Integer({ minimum: 1, maximum: 100 }),
    }),
    response: { 200: Type.Object({ data: Type.Array(Message) }) },
  },
  reply: {
    params: Params,
    body: Type.Object({ body: Type.String({ minLength: 1, maxLength: 100_000 }) }),
    response: { 201: Message },
  },
}

/** The workloads, done in one way or the other. */
export interface Acts {
  open(draft: OpenTicket): Promise<Ticket>
  read(id: string): Promise<TicketWithMessages>
  list(assigneeId: string, limit: number): Promise<Ticket[]>
  search(words: string, limit: number): Promise<Message[]>
  reply(ticketId: string, body: string): Promise<Message>
}

/** The agent who replies. */
export const AUTHOR = '1'

export const PREVIEW_LENGTH = 140

/** A ticket's columns under their names on the wire. */
export const ticketColumns = (t: string): string =>
  `${t}.id, ${t}.subject, ${t}.status, ${t}.priority, ${t}.requester_id as "requesterId", ${t}.assignee_id as "assigneeId", ${t}.tags, ${t}.channel,
   ${t}.created_at as "createdAt", ${t}.updated_at as "updatedAt", ${t}.first_replied_at as "firstRepliedAt", ${t}.last_message_at as "lastMessageAt",
   ${t}.last_message_preview as "lastMessagePreview", ${t}.version`

export const messageColumns = (m: string): string =>
  `${m}.id, ${m}.ticket_id as "ticketId", ${m}.author_id as "authorId", ${m}.visibility, ${m}.channel, ${m}.body, ${m}.created_at as "createdAt"`

/** The hits first, and of them the newest: left to itself the planner would walk all messages by their key. */
export const SEARCH = `
with hits as materialized (select message_id as id from searched where words @@ websearch_to_tsquery('simple', $1)),
newest as materialized (select id from hits order by id desc limit $2)
select ${messageColumns('m')} from messages as m where m.id = any(array(select id from newest)) order by m.id desc`

/** The one row that a statement must give. */
export function only<T>(rows: readonly T[]): T {
  const [row] = rows
  if (row === undefined) throw Object.assign(new Error('there is none'), { statusCode: 404 })
  return row
}
