import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, named, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import type { PersonRow } from '../people/decide.ts'
import { findPerson, findPersonByAddress, insertPerson, normalised } from '../people/store.ts'
import { type Assignee, afterNote, type FactSources, type MailFacts, ticketFacts } from '../tickets/decide.ts'
import { seenByStaff } from '../tickets/reach.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import type { MessageRow, NewMessage } from './decide.ts'
import { messageRow } from './decide.ts'
import type { Conversation } from './schema.ts'
import { writeMessage } from './store.ts'
import { conversationParticipants, conversations, messages } from './table.ts'

export type ConversationRow = typeof conversations.$inferSelect

/** A conversation beside the two that every ticket has, with everybody who takes part and can. */
export interface Side {
  conversation: ConversationRow
  participants: Assignee[]
}

// whose role narrows what they see hears of a conversation while they see its ticket, or the one that it was merged into
const ofTicket = { assigneeId: sql`t.assignee_id`, requesterId: sql`t.requester_id`, teamId: sql`t.team_id` }
const seesItsTicket = sql`exists (select 1 from tickets s join tickets t on t.id = coalesce(s.merged_into_id, s.id)
  where s.id = ${conversations.ticketId} and ${seenByStaff(ofTicket)})`
const participantsJson = sql`coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'email', p.email, 'notices', p.notices) order by c.created_at, p.id)
  from conversation_participants c join people p on p.id = c.person_id where c.conversation_id = ${conversations.id} and p.disabled_at is null and (${conversations.kind} = 'customer' or (p.acts_as <> 'requester' and ${seesItsTicket}))), '[]')`

const byId = prepare<{ id: string }>()(($) =>
  build
    .select({ ...rowOf(conversations), participants: named<Assignee[]>('participants', participantsJson) })
    .from(conversations)
    .where(eq(conversations.id, $.id)),
)

/** One of these conversations. Whoever changes it holds its ticket's lock. */
export async function findSide(tx: Connection, id: string): Promise<Side | undefined> {
  const [row] = (await tx.query(byId.bind({ id }))).rows
  if (!row) return
  const { participants, ...conversation } = row
  return { conversation, participants }
}

const family = prepareSql<{ id: string; ticketId: string }, { id: string }>()(
  ($) => sql`select id from tickets where id = ${$.id} and (id = ${$.ticketId} or merged_into_id = ${$.ticketId})`,
)

/** The conversation where something is said on this ticket, or on one that was merged into it; undefined for the ticket's own two. */
export async function sideFor(
  tx: Connection,
  { ticket }: LockedTicket,
  { conversationId, kind }: { conversationId: string | undefined; kind: Conversation['kind'] },
): Promise<Side | undefined> {
  const own = kind === 'customer' ? ticket.customerConversationId : ticket.internalConversationId
  if (conversationId === undefined || conversationId === own) return
  const side = await findSide(tx, conversationId)
  const isHere =
    side?.conversation.kind === kind &&
    (await tx.query(family.bind({ id: side.conversation.ticketId, ticketId: ticket.id }))).rows.length > 0
  if (!isHere) throw invalid('/conversationId', 'not_found', `is no ${kind} conversation of this ticket`)
  return side
}

interface Draft extends Pick<NewMessage, 'id' | 'author' | 'body' | 'attachments'> {
  mail?: NonNullable<NewMessage['mail']> & { facts: MailFacts }
  /** Who is written to in it, of those who work here. */
  mentioned?: readonly Assignee[]
}

/**
 * Something is said in such a conversation. No activity that a requester sees: the ticket is as if a note was written. A customer's one
 * goes out by mail to its participants, of an internal one they are told.
 */
export function insertSideMessage(context: CommandContext, locked: LockedTicket, side: Side, draft: Draft): MessageRow {
  const { channel, now } = context
  const { ticket } = locked
  const { id: conversationId, kind } = side.conversation
  const visibility = kind === 'customer' ? 'participants' : 'internal'
  const message = messageRow({ ...draft, ticket, visibility, conversationId, channel, now })
  writeMessage(context, message)
  tellSideMessage(context, locked, side, message, { mail: draft.mail?.facts, mentioned: draft.mentioned })
  return message
}

/** A held message of such a conversation goes to its participants after all. */
export function freeSideMessage(
  context: CommandContext,
  locked: LockedTicket,
  side: Side,
  message: MessageRow,
): MessageRow {
  context.update(messages, message, { held: false })
  tellSideMessage(context, locked, side, message)
  return message
}

function tellSideMessage(
  { update, emit, actor, now, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  { conversation, participants }: Side,
  message: MessageRow,
  { mail, mentioned }: Pick<FactSources, 'mail' | 'mentioned'> = {},
): void {
  const { id: messageId, held } = message
  const before = { ...ticket }
  if (!held) update(tickets, ticket, afterNote(now))
  const facts = ticketFacts({ before, after: ticket, ...parties, actor, messageId, mail, mentioned, versions })
  const about = {
    ticketId: ticket.id,
    object: { type: 'message', id: messageId, version: null },
    facts: { ...facts, participants },
    working: { ticket, ...parties, message },
  }
  if (held) emit({ ...about, type: 'message.held', data: { messageId } })
  else if (conversation.kind === 'internal') emit({ ...about, type: 'ticket.noted', data: { messageId } })
  else emit({ ...about, type: 'conversation.replied', data: { messageId, conversationId: conversation.id } })
}

interface Named {
  personId?: string | undefined
  email?: string | undefined
  name?: string | undefined
}

/** Who is meant by an id or an address; an address that nobody has is a new person's. */
export interface Meant {
  person: PersonRow | undefined
  address: string | undefined
  name: string | undefined
}

export async function findMeant(tx: Connection, { personId, email, name }: Named, at: string): Promise<Meant> {
  if ((personId === undefined) === (email === undefined))
    throw invalid(at, 'ambiguous', 'give either personId or email')
  const address = email === undefined ? undefined : normalised(`${at}/email`, email)
  const person = address === undefined ? await findPerson(tx, personId ?? '') : await findPersonByAddress(tx, address)
  return { person, address, name }
}

/** Why somebody cannot take part: unknown, disabled, or from outside where those talk who work here. */
export function refuseMeant({ person, address }: Meant, kind: Conversation['kind'], at: string): Problem | undefined {
  if (!person && (address === undefined || kind === 'internal'))
    return invalid(`${at}/${address === undefined ? 'personId' : 'email'}`, 'not_found', 'is no person')
  if (person?.disabledAt) return invalid(at, 'disabled', 'is disabled')
  if (kind === 'internal' && person?.actsAs === 'requester') return invalid(at, 'outside', 'does not work here')
}

/** They take part from now on: what was said before is not sent to them. */
export async function insertParticipant(
  context: CommandContext,
  conversation: Pick<ConversationRow, 'id'>,
  { person, address, name }: Meant,
): Promise<PersonRow> {
  const { insertMissing, actor, now } = context
  const draft = { role: 'requester', supportTeam: false, verified: false, name: name ?? null } as const
  const joining = person ?? (await insertPerson(context, { ...draft, email: address ?? '' }))
  const addedById = actor.kind === 'person' ? actor.id : null
  insertMissing(conversationParticipants, {
    conversationId: conversation.id,
    personId: joining.id,
    addedById,
    createdAt: now,
  })
  return joining
}

const participant = prepare<{ conversationId: string; personId: string }>()(($) =>
  build
    .select(rowOf(conversationParticipants))
    .from(conversationParticipants)
    .where(
      sql`${conversationParticipants.conversationId} = ${$.conversationId} and ${conversationParticipants.personId} = ${$.personId}`,
    ),
)
export const findParticipant = async (tx: Connection, conversationId: string, personId: string) =>
  (await tx.query(participant.bind({ conversationId, personId }))).rows[0]

const ofTickets = prepareSql<{ ids: string[] }, Conversation & { hostId: string }>()(
  (
    $,
  ) => sql`select c.id, c.ticket_id as "ticketId", c.kind, c.title, c.created_by_id as "createdById", c.created_at as "createdAt", c.version,
      coalesce(t.merged_into_id, t.id) as "hostId",
      array(select p.person_id from conversation_participants p where p.conversation_id = c.id order by p.created_at, p.person_id) as "participantIds"
    from conversations c join tickets t on t.id = c.ticket_id
    where c.ticket_id = any(${$.ids}::text[]) or t.merged_into_id = any(${$.ids}::text[]) order by c.id limit 5000`,
)

/** Those of many tickets, and of what was merged into them: for those who work here. */
export const sidesOf = async (connection: Connection, ids: readonly string[]) =>
  (await connection.query(ofTickets.bind({ ids: [...ids] }))).rows

const count = prepareSql<{ ticketId: string }, { count: number }>()(
  ($) => sql`select count(*)::int as count from ${conversations} where ${conversations.ticketId} = ${$.ticketId}`,
)
export const countSides = async (tx: Connection, ticketId: string): Promise<number> =>
  (await tx.query(count.bind({ ticketId }))).rows[0]?.count ?? 0

export const shownSide = ({ conversation, participants }: Side): Conversation => ({
  ...conversation,
  participantIds: participants.map(({ id }) => id),
})

/** The conversation that a path names, with its ticket locked by the caller. */
export async function knownSide(tx: Connection, id: string): Promise<Side> {
  const side = await findSide(tx, id)
  if (!side) throw new Problem('conversation_not_found')
  return side
}
