import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { build, named, prepare, rowOf } from '../../db/statement.ts'
import { isStaff, type Reach, reachOf } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { type Viewer, type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { oneTicket, visibleTicketId } from '../tickets/queries.ts'
import { byReach, visibleTickets } from '../tickets/reach.ts'
import { TicketRef } from '../tickets/schema.ts'
import { namedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import type { MessageRow } from './decide.ts'
import type { Conversation, Message } from './schema.ts'
import { shown } from './shown.ts'
import { sidesOf } from './side.ts'
import { messages } from './table.ts'

const ofSeen = (seen: SQL | undefined): SQL | undefined =>
  seen && sql`exists (select 1 from ${tickets} where ${tickets.id} = ${messages.ticketId} and ${seen})`

/** What is read of the tickets that one sees: a requester reads what is public and not held. The twin of `seesMessage`. */
const visibleMessages: Record<Reach, (viewer: Viewer) => SQL | undefined> = {
  all: () => undefined,
  limited: (viewer) => ofSeen(visibleTickets.limited(viewer)),
  client: (viewer) =>
    sql`${messages.visibility} = 'public' and not ${messages.held} and ${ofSeen(visibleTickets.client(viewer))}`,
}
const forEach = <T>(make: (visible: (viewer: Viewer) => SQL | undefined, reach: Reach) => T): Record<Reach, T> =>
  byReach((_, reach) => make(visibleMessages[reach], reach))

const sorts = { createdAt: { column: messages.id, property: 'id' } }
const filters = {
  ticketId: { column: messages.ticketId, kind: 'reference' },
  conversationId: { column: messages.conversationId, kind: 'reference' },
} as const

const staffMessages: List<MessageRow> = {
  name: 'messages_of_staff',
  columns: rowOf(messages),
  from: messages,
  id: messages.id,
  filters: { ...filters, visibility: { column: messages.visibility, kind: 'text' } },
  sorts,
  defaultSort: '-createdAt',
}
const requesterMessages: List<MessageRow> = {
  ...staffMessages,
  name: 'messages_of_requester',
  filters,
  visible: (viewer) => visibleMessages.client(viewer) ?? sql`true`,
}

const { ticketId: _ofTicket, ...messageFilters } = filters
/** What may be asked of the messages of one ticket. */
export const messageList: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort'> = {
  filters: messageFilters,
  sorts,
  defaultSort: '-createdAt',
}

/** The messages of a ticket, newest first, each as far as the caller may read it. */
export const messagesQuery = defineQuery({
  name: 'messages',
  group: 'tickets',
  input: Closed({ ticketId: TicketRef, page: PageInput }),
  refuse: () => undefined,

  async read(context, { ticketId, page }) {
    const id = await visibleTicketId(context, ticketId)
    const ofTicket = { field: 'ticketId', op: 'is' as const, values: [id] }
    const found = await readPage(isStaff(context.actor) ? staffMessages : requesterMessages, context, {
      ...page,
      filters: [...(page.filters ?? []), ofTicket],
    })
    return { ...found, data: found.data.map((row) => shown(context, row)) }
  },
})

const byId = forEach((visible) =>
  prepare<{ id: string } & Viewing>()(($) =>
    build
      .select(rowOf(messages))
      .from(messages)
      .where(and(eq(messages.id, $.id), visible(viewerIn($)))),
  ),
)

export const message = defineQuery({
  name: 'message',
  group: 'tickets',
  input: Closed({ messageId: Id() }),
  refuse: () => undefined,

  async read(context, { messageId: id }): Promise<Message> {
    const { db, actor } = context
    const [row] = (await db.query(byId[reachOf(actor)].bind({ id, ...viewing(actor) }))).rows
    if (!row) throw new Problem('message_not_found')
    return shown(context, row)
  },
})

/** What is read of each ticket at once; more is read by pages. */
const MESSAGES_A_TICKET_MAX = 100

// what is hidden must not use up the latest few, or their number would tell of it
const latestByTickets = forEach((visible, reach) =>
  prepare<{ ids: string[]; limit: number } & Viewing>()(($) =>
    build
      .select(rowOf(messages))
      .from(messages)
      .where(
        and(
          sql`${messages.id} in (select latest.id from unnest(${$.ids}::text[]) as asked(id) cross join lateral
            (select l.id from messages l where l.ticket_id = asked.id and (${sql.raw(reach !== 'client' ? 'true' : "l.visibility = 'public' and not l.held")}) order by l.id desc limit ${$.limit}) latest)`,
          visible(viewerIn($)),
        ),
      )
      .orderBy(asc(messages.id)),
  ),
)

/** The newest messages of many tickets at once, oldest first within a ticket: GraphQL asks for a page of tickets, REST for one. */
export const messagesByTicket = defineQuery({
  name: 'messagesByTicket',
  group: 'tickets',
  input: Closed({
    ticketIds: Type.Array(Id(), { maxItems: 100 }),
    limit: Type.Integer({ minimum: 1, maximum: MESSAGES_A_TICKET_MAX }),
  }),
  refuse: () => undefined,

  async read(context, { ticketIds, limit }) {
    const { db, actor } = context
    const { rows } = await db.query(latestByTickets[reachOf(actor)].bind({ ids: ticketIds, limit, ...viewing(actor) }))
    const byTicket = new Map(ticketIds.map((id): [string, Message[]] => [id, []]))
    for (const row of rows) byTicket.get(row.ticketId)?.push(shown(context, row))
    return byTicket
  },
})

const latestOfTicket = forEach((visible) =>
  prepare<{ id: string | null; number: number | null; limit: number } & Viewing>()(($) =>
    build
      .select(rowOf(messages))
      .from(messages)
      .where(
        and(
          // one of the two is null
          sql`${messages.ticketId} = coalesce(${$.id}, (select id from ${tickets} where ${tickets.number} = ${$.number}))`,
          visible(viewerIn($)),
        ),
      )
      .orderBy(desc(messages.id))
      .limit($.limit),
  ),
)

/** One ticket with its latest messages, oldest of them first: one round trip. */
export const ticketWithMessages = defineQuery({
  name: 'ticketWithMessages',
  group: 'tickets',
  input: Closed({ ticketId: TicketRef, limit: Type.Integer({ minimum: 1, maximum: MESSAGES_A_TICKET_MAX }) }),
  refuse: () => undefined,

  async read(context, { ticketId, limit }) {
    const { db, actor } = context
    const { id = null, number = null } = namedTicket(ticketId)
    const latest = latestOfTicket[reachOf(actor)].bind({
      id,
      number,
      limit,
      ...viewing(actor),
    })
    const [found, said] = await db.batch(oneTicket(ticketId, actor), latest)
    const [ticket] = found.rows
    if (!ticket) throw new Problem('ticket_not_found')
    return { ...ticket, messages: said.rows.reverse().map((row) => shown(context, row)) }
  },
})

interface Held {
  id: string
  customerConversationId: string
  internalConversationId: string
  createdAt: string
  requesterId: string
  followerIds: string[]
}

const followerIds = named<string[]>(
  'followerIds',
  sql`array(select f.person_id from ticket_followers f where f.ticket_id = ${tickets.id} order by f.created_at, f.person_id)`,
)

const held = byReach((visible) =>
  prepare<{ ids: string[] } & Viewing>()(($) => {
    const { id, customerConversationId, internalConversationId, createdAt, requesterId } = rowOf(tickets)
    return build
      .select({ id, customerConversationId, internalConversationId, createdAt, requesterId, followerIds })
      .from(tickets)
      .where(and(sql`${tickets.id} = any(${$.ids}::text[])`, visible(viewerIn($))))
  }),
)

/** Every ticket has one conversation with its requester and one among those who work here. Requesters do not learn who follows. */
function conversationsOf(held: Held, staff: boolean): Conversation[] {
  const { id: ticketId, customerConversationId, internalConversationId, createdAt, requesterId, followerIds } = held
  const plain = { ticketId, title: null, createdById: null, createdAt, version: 1 }
  const participantIds = staff ? [requesterId, ...followerIds.filter((id) => id !== requesterId)] : [requesterId]
  const customer: Conversation = { ...plain, id: customerConversationId, kind: 'customer', participantIds }
  if (!staff) return [customer]
  return [customer, { ...plain, id: internalConversationId, kind: 'internal', participantIds: [] }]
}

/** The conversations of many tickets, and of what was merged into them; a requester knows only of the one with them. */
export const conversationsByTicket = defineQuery({
  name: 'conversationsByTicket',
  group: 'tickets',
  input: Closed({ ticketIds: Type.Array(Id(), { maxItems: 100 }) }),
  refuse: () => undefined,

  async read({ db, actor }, { ticketIds }) {
    const staff = isStaff(actor)
    const { rows } = await db.query(held[reachOf(actor)].bind({ ids: ticketIds, ...viewing(actor) }))
    const found = new Map(rows.map((row): [string, Conversation[]] => [row.id, conversationsOf(row, staff)]))
    const sides = staff ? await sidesOf(db, [...found.keys()]) : []
    for (const { hostId, ...side } of sides) found.get(hostId)?.push(side)
    return found
  },
})

/** The conversations of one ticket. */
export const conversationsQuery = defineQuery({
  name: 'conversations',
  group: 'tickets',
  input: Closed({ ticketId: TicketRef }),
  refuse: () => undefined,

  async read(context, { ticketId }): Promise<Conversation[]> {
    const id = await visibleTicketId(context, ticketId)
    return (await conversationsByTicket.read(context, { ticketIds: [id] })).get(id) ?? []
  },
})
