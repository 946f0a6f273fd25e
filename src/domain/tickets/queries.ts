import { and, eq, type SQL, sql } from 'drizzle-orm'
import { build, named, prepare, rowOf } from '../../db/statement.ts'
import { type Actor, channels, isStaff, type Reach, reachOf, sharedOrganizationOf } from '../../kernel/actor.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import type { FilterField } from '../../kernel/filter.ts'
import type { SortKey } from '../../kernel/order.ts'
import { type List, type Narrowing, type Page, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { type Viewer, type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { statusCategories } from '../types/schema.ts'
import { publicFields } from './fields.ts'
import { namesFields, withFields } from './narrowing.ts'
import { byReach, ownTickets, seenTicket, visibleTickets } from './reach.ts'
import { agentsOnly, type Ticket, TicketRef } from './schema.ts'
import { type Standing, standingFilters, standingFor, standingIn, standingName, standingTerm } from './standing.ts'
import { namedTicket } from './store.ts'
import { tickets } from './table.ts'

/** The resource, and what cursors need beside it; the rest of the row is for commands. */
const {
  customerConversationId: _customer,
  internalConversationId: _internal,
  mailboxId: _mailbox,
  mergedUnderId: _under,
  publicVersion: _version,
  publicUpdatedAt: _updatedAt,
  statusEnteredAt: _enteredAt,
  lastReplyAt: _reply,
  lastTimeAt: _time,
  ...staffColumns
} = rowOf(tickets)

/** What is for agents only reads as null, and version and time are those of public changes. */
const requesterColumns = {
  ...staffColumns,
  ...Object.fromEntries(agentsOnly.map((field) => [field, named(field, sql`null`)])),
  version: named<number>('version', tickets.publicVersion),
  updatedAt: named<string>('updatedAt', tickets.publicUpdatedAt),
  // told where the same requester asked for both: another's ticket must stay unknown
  mergedIntoId: named<string | null>(
    'mergedIntoId',
    sql`(select whole.id from tickets whole where whole.id = ${tickets.mergedIntoId} and whole.requester_id = ${tickets.requesterId})`,
  ),
  fields: named<Ticket['fields']>('fields', publicFields),
}

const filters: Record<string, FilterField> = {
  number: { column: tickets.number, kind: 'integer' },
  subject: { column: tickets.subject, kind: 'text' },
  type: { column: tickets.type, kind: 'text' },
  status: { column: tickets.status, kind: 'text' },
  statusCategory: { column: tickets.statusCategory, kind: 'text', literals: statusCategories },
  priority: { column: tickets.priority, kind: 'text' },
  requesterId: { column: tickets.requesterId, kind: 'reference' },
  organizationId: { column: tickets.organizationId, kind: 'reference' },
  parentId: { column: tickets.parentId, kind: 'reference' },
  category: { column: tickets.category, kind: 'reference' },
  project: { column: tickets.project, kind: 'reference' },
  channel: { column: tickets.channel, kind: 'text', literals: channels },
  dueAt: { column: tickets.dueAt, kind: 'instant' },
  estimatedResolutionAt: { column: tickets.estimatedResolutionAt, kind: 'instant' },
  createdAt: { column: tickets.createdAt, kind: 'instant' },
  updatedAt: { column: tickets.publicUpdatedAt, kind: 'instant' },
  firstRepliedAt: { column: tickets.firstRepliedAt, kind: 'instant' },
  solvedAt: { column: tickets.solvedAt, kind: 'instant' },
  closedAt: { column: tickets.closedAt, kind: 'instant' },
  lastMessageAt: { column: tickets.lastMessageAt, kind: 'instant' },
}

const sorts: Record<string, SortKey> = {
  number: { column: tickets.number, property: 'number' },
  subject: { column: tickets.subject, property: 'subject' },
  type: { column: tickets.type, property: 'type' },
  status: { column: tickets.status, property: 'status' },
  priority: { column: tickets.priorityRank, property: 'priorityRank' },
  statusCategory: { column: tickets.statusCategory, property: 'statusCategory' },
  channel: { column: tickets.channel, property: 'channel' },
  requesterId: { column: tickets.requesterId, property: 'requesterId' },
  dueAt: { column: tickets.dueAt, property: 'dueAt', empty: 'infinity' },
  estimatedResolutionAt: {
    column: tickets.estimatedResolutionAt,
    property: 'estimatedResolutionAt',
    empty: 'infinity',
  },
  firstRepliedAt: { column: tickets.firstRepliedAt, property: 'firstRepliedAt', empty: 'infinity' },
  solvedAt: { column: tickets.solvedAt, property: 'solvedAt', empty: 'infinity' },
  closedAt: { column: tickets.closedAt, property: 'closedAt', empty: 'infinity' },
  lastMessageAt: { column: tickets.lastMessageAt, property: 'lastMessageAt', empty: '-infinity' },
  // ids grow with time: the primary key is the order of creation
  createdAt: { column: tickets.id, property: 'id' },
  updatedAt: { column: tickets.publicUpdatedAt, property: 'updatedAt' },
}

// whose ticket was taken for spam does not hear of it
const ticketsOfRequester: List<Ticket> = {
  name: 'tickets_of_requester',
  columns: requesterColumns,
  from: tickets,
  visible: ({ id }) =>
    sql`${tickets.requesterId} = ${id} and ${tickets.deletedAt} is null and ${tickets.mergedIntoId} is null`,
  id: tickets.id,
  filters,
  sorts,
  hidden: ['priorityRank'],
  members: 'fields',
  defaultSort: '-createdAt',
}

/** Those with whom an organization shares its tickets: a list of its own, so that everybody else's stays as simple as it is. */
const ticketsOfMember: List<Ticket> = {
  ...ticketsOfRequester,
  name: 'tickets_of_member',
  visible: (viewer) => sql`${ownTickets(viewer)} and ${tickets.mergedIntoId} is null`,
}

/** Whether a ticket has messages by others that this person has not read. */
export const isUnread = (me: SQL): SQL =>
  sql`exists (select 1 from messages m where m.ticket_id = ${tickets.id} and m.author_id is distinct from ${me}
    and m.id > coalesce((select r.message_id from ticket_reads r where r.person_id = ${me} and r.ticket_id = ${tickets.id}), ''))`

const ticketsOfStaff: List<Ticket> = {
  name: 'tickets_of_staff',
  columns: staffColumns,
  from: tickets,
  id: tickets.id,
  hidden: ['priorityRank'],
  keeps: true,
  members: 'fields',
  defaultSort: '-createdAt',
  filters: {
    ...filters,
    assigneeId: { column: tickets.assigneeId, kind: 'reference' },
    teamId: { column: tickets.teamId, kind: 'reference' },
    tags: { column: tickets.tags, kind: 'tags' },
    needsReaction: { column: tickets.needsReaction, kind: 'boolean' },
    unread: { column: tickets.id, kind: 'boolean', question: isUnread },
    updatedAt: { column: tickets.updatedAt, kind: 'instant' },
    lastRequesterActivityAt: { column: tickets.lastRequesterActivityAt, kind: 'instant' },
    lastAgentActivityAt: { column: tickets.lastAgentActivityAt, kind: 'instant' },
    lastActivityBy: { column: tickets.lastActivityBy, kind: 'reference' },
    lastNoteAt: { column: tickets.lastNoteAt, kind: 'instant' },
    snoozedAt: { column: tickets.snoozedAt, kind: 'instant' },
    snoozedUntil: { column: tickets.snoozedUntil, kind: 'instant' },
    snoozed: { column: sql`(${tickets.snoozedAt} is not null)`, kind: 'boolean' },
    ...standingFilters,
  },
  sorts: {
    ...sorts,
    updatedAt: { column: tickets.updatedAt, property: 'updatedAt' },
    assigneeId: { column: tickets.assigneeId, property: 'assigneeId', empty: '' },
    teamId: { column: tickets.teamId, property: 'teamId', empty: '' },
    lastRequesterActivityAt: {
      column: tickets.lastRequesterActivityAt,
      property: 'lastRequesterActivityAt',
      empty: '-infinity',
    },
    lastAgentActivityAt: { column: tickets.lastAgentActivityAt, property: 'lastAgentActivityAt', empty: '-infinity' },
    lastNoteAt: { column: tickets.lastNoteAt, property: 'lastNoteAt', empty: '-infinity' },
    snoozedUntil: { column: tickets.snoozedUntil, property: 'snoozedUntil', empty: 'infinity' },
    deletedAt: { column: tickets.deletedAt, property: 'deletedAt', empty: 'infinity' },
  },
}

/** What documents and front ends may offer; requesters are refused what is for agents only. */
export const ticketList = ticketsOfStaff

/** Tickets by filter and sort, a page at a time; newest first. */
export const ticketsQuery = defineQuery({
  name: 'tickets',
  group: 'tickets',
  input: PageInput,
  refuse: () => undefined,
  read: (context, input) => readTickets(context, input),
})

/** What this actor's lists of tickets select, and what they may see; staff also what lists leave out, where they ask for it. */
export function ticketsFor(actor: Actor, standing = standingFor(undefined)): List<Ticket> {
  const reach = reachOf(actor)
  if (reach !== 'client') return standingAs(standing, reach)
  return sharedOrganizationOf(actor) === null ? ticketsOfRequester : ticketsOfMember
}

const madeFor = new Map<string, List<Ticket>>()

/** There are 27 of them for each reach. */
function standingAs(standing: Standing, reach: Reach): List<Ticket> {
  const name = `${ticketsOfStaff.name} ${standingName(standing)}${reach === 'limited' ? ' limited' : ''}`
  const known = madeFor.get(name)
  if (known) return known
  const term = standingTerm(standing)
  const isVisible = visibleTickets[reach]
  const visible = (viewer: Viewer): SQL => and(isVisible(viewer), term) ?? sql`true`
  const made = { ...ticketsOfStaff, name, ...(term || reach === 'limited' ? { visible } : {}) }
  madeFor.set(name, made)
  return made
}

/** What narrows a list of tickets; `condition`: where it speaks of spam, the list holds spam. */
type TicketNarrowing = Narrowing & { condition?: Condition }

/** A page of the tickets that this actor sees, narrowed by more than filters where a view or a search asks. */
export async function readTickets(
  context: QueryContext,
  input: PageInput,
  narrowing?: TicketNarrowing,
): Promise<Page<Ticket>> {
  const { list, page } = listFor(context.actor, input, narrowing?.condition)
  if (!namesFields(page)) return readPage(list, context, page, narrowing)
  const asked = await withFields(context, { list, input: page, narrowing })
  return readPage(asked.list, context, asked.input, asked.narrowing)
}

/** The list that filters and condition ask for, and what else they say. */
function listFor(actor: Actor, input: PageInput, condition: Condition | undefined) {
  if (!isStaff(actor)) return { list: ticketsFor(actor), page: input }
  if (!input.filters) return { list: ticketsFor(actor, standingFor(condition)), page: input }
  const { standing, others } = standingIn(input.filters, condition)
  return { list: ticketsFor(actor, standing), page: { ...input, filters: others } }
}

const columnsFor = (reach: Reach) => (reach === 'client' ? requesterColumns : staffColumns)
const byId = byReach((visible, reach) =>
  prepare<{ id: string } & Viewing>()(($) =>
    build
      .select(columnsFor(reach))
      .from(tickets)
      .where(and(eq(tickets.id, $.id), visible(viewerIn($)))),
  ),
)
const byNumber = byReach((visible, reach) =>
  prepare<{ number: number } & Viewing>()(($) =>
    build
      .select(columnsFor(reach))
      .from(tickets)
      .where(and(eq(tickets.number, $.number), visible(viewerIn($)))),
  ),
)

/** One ticket, by id or number. */
export const ticket = defineQuery({
  name: 'ticket',
  group: 'tickets',
  input: Closed({ ticketId: TicketRef }),
  refuse: () => undefined,

  async read({ db, actor }, { ticketId }) {
    const [row] = (await db.query(oneTicket(ticketId, actor))).rows
    if (!row) throw new Problem('ticket_not_found')
    return row
  },
})

/** The ticket that a reference names, as this actor sees it. */
export function oneTicket(ref: string, actor: Actor) {
  const { id, number } = namedTicket(ref)
  const viewer = viewing(actor)
  return number === undefined
    ? byId[viewer.reach].bind({ id, ...viewer })
    : byNumber[viewer.reach].bind({ number, ...viewer })
}

const idByRef = prepare<{ id: string | null; number: number | null } & Viewing>()(($) =>
  build
    .select({ id: rowOf(tickets).id })
    .from(tickets)
    .where(sql`(${tickets.id} = ${$.id} or ${tickets.number} = ${$.number}) and ${seenTicket(viewerIn($))}`),
)

/** The id behind a reference, where this actor sees the ticket. */
export async function visibleTicketId({ db, actor }: Pick<QueryContext, 'db' | 'actor'>, ref: string): Promise<string> {
  const { id = null, number = null } = namedTicket(ref)
  const [row] = (await db.query(idByRef.bind({ id, number, ...viewing(actor) }))).rows
  if (!row) throw new Problem('ticket_not_found')
  return row.id
}
