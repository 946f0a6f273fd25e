import { type Actor, hasOwnRole, isAgent, isStaff, mayChange, permits } from '../../kernel/actor.ts'
import { defineCommand, type SubjectContext } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid } from '../../kernel/problems.ts'
import { refusedWay } from '../access/ways.ts'
import { claimAttachments, lockUploads } from '../attachments/store.ts'
import { bodyFrom } from '../conversations/body.ts'
import { messageRow } from '../conversations/decide.ts'
import { writeMessage } from '../conversations/store.ts'
import { preview } from '../conversations/text.ts'
import { knownPeople } from '../fields/store.ts'
import { openingFields } from '../fields/values.ts'
import { organizationFacts } from '../organizations/store.ts'
import {
  asAssignee,
  asRequester,
  findPerson,
  findPersonByAddress,
  findTeam,
  insertPerson,
  NEW_PERSON_CONSTRAINTS,
  normalised,
} from '../people/store.ts'
import { refusePlace } from '../relations/decide.ts'
import { findLivingId, lockTree, placeBelow } from '../relations/store.ts'
import type { TicketType } from '../types/schema.ts'
import { chosenWords, vocabulary } from '../types/store.ts'
import { ticketFacts } from './decide.ts'
import { answeredTicket } from './policy.ts'
import { OpenTicket, openedByAgents, type Ticket } from './schema.ts'
import { insertTicket, nextNumber } from './store.ts'

/** A new ticket with its first message, which is the requester's. Opened by agents for anybody, by requesters for themselves. */
export const openTicket = defineCommand({
  name: 'openTicket',
  runsUnlocked: ({ attachmentIds, parentId }) => !attachmentIds?.length && parentId === undefined,
  group: 'tickets',
  input: OpenTicket,
  retryOn: NEW_PERSON_CONSTRAINTS,

  async subject(context, input) {
    const { tx, actor, cached } = context
    const parent =
      input.parentId === undefined || !isStaff(actor) ? undefined : await parentFor(context, input.parentId)
    const configured = cached(vocabulary)
    const [number, words, { fields: definitions }, known, requester, uploads, assignee, team, closed] =
      await Promise.all([
        nextNumber(tx),
        configured.then((words) => chosenWords(words, input, offersTo(actor))),
        configured,
        configured.then(({ fields }) => knownPeople(tx, actor, fields, input.fields)),
        requesterFor(context, input),
        lockUploads(tx, actor, input.attachmentIds ?? []),
        input.assigneeId === undefined ? undefined : findPerson(tx, input.assigneeId),
        input.teamId === undefined ? undefined : findTeam(tx, input.teamId),
        refusedWay(context, 'create'),
      ])
    if (isStaff(actor) && input.teamId !== undefined && !team) throw invalid('/teamId', 'not_found', 'is no team')
    return { number, words, definitions, known, requester, uploads, assignee, parent, closed }
  },

  refuse(actor, { requester, assignee, parent, closed }, input) {
    if (exceedsRole(actor, input)) return 'forbidden'
    if (isStaff(actor)) {
      if (!isAgent(actor)) return 'forbidden'
      if (input.assigneeId !== undefined && !isAssignable(assignee)) return 'not_assignable'
      return parent && refusePlace('', parent.place)
    }
    const forSomebodyElse = !('id' in requester) || requester.id !== actor.id
    if (forSomebodyElse || openedByAgents.some((field) => input[field] !== undefined)) return 'forbidden'
    return closed
  },

  async handle(
    context,
    input,
    { number, words, definitions, known, requester: found, uploads, assignee, parent },
  ): Promise<Ticket> {
    const { emit, now, channel, actor, versions } = context
    const requester = 'id' in found ? found : asRequester(await insertPerson(context, found))
    const body = bodyFrom(input.format ?? 'text', input.body)
    const { tags, teamId } = input
    const dueAt = instantIn('/dueAt', input.dueAt)
    const estimatedResolutionAt = instantIn('/estimatedResolutionAt', input.estimatedResolutionAt)
    const fields = openingFields({ actor, definitions, type: words.type.key, known }, input.fields ?? {})
    const places = { assigneeId: assignee?.id, teamId, parentId: parent?.id }
    const more = definedOnly({ tags, ...places, dueAt, estimatedResolutionAt, fields })
    const ticket = insertTicket(context, {
      number,
      subject: input.subject,
      ...words,
      requester,
      channel,
      preview: preview(body.bodyText),
      more,
    })

    const messageId = newId('msg')
    const attachments = claimAttachments(context, uploads, { ticketId: ticket.id, messageId })
    const message = messageRow({
      id: messageId,
      ticket,
      author: requester.id,
      visibility: 'public',
      channel,
      body,
      attachments,
      now,
    })
    writeMessage(context, message)
    const organization = await organizationFacts(context, ticket.organizationId)
    const held = assignee ? asAssignee(assignee) : null
    const facts = ticketFacts({
      before: null,
      after: ticket,
      requester,
      assignee: held,
      organization,
      actor,
      messageId,
      versions,
    })
    emit({
      type: 'ticket.opened',
      ticketId: ticket.id,
      object: { type: 'ticket', id: ticket.id, version: 1 },
      data: { messageId },
      facts,
      working: { ticket, requester, followers: [], assignee: held, organization, message },
    })
    return ticket
  },

  answer: (made, after) => answeredTicket(made, after, after.subject.definitions),
})

/** A role of the desk's own opens tickets as it may change and assign them; subject, type and words are the ticket itself. */
function exceedsRole(actor: Actor, input: OpenTicket): boolean {
  if (!hasOwnRole(actor) || !isStaff(actor)) return false
  const { assigneeId, teamId, parentId } = input
  if ((assigneeId ?? teamId) !== undefined && !permits(actor, { name: 'assignTicket' })) return true
  if (parentId !== undefined && !permits(actor, { name: 'setParent' })) return true
  return setOnOpening.some((field) => input[field] !== undefined && !mayChange(actor, field))
}

const setOnOpening = ['status', 'priority', 'category', 'project', 'tags', 'dueAt', 'estimatedResolutionAt'] as const

/** The ticket of which it is to be a part, and where it would stand there; nobody moves tickets meanwhile. */
async function parentFor({ tx, actor }: Pick<SubjectContext, 'tx' | 'actor'>, ref: string) {
  await lockTree(tx)
  const id = await findLivingId(tx, ref, actor)
  if (id === undefined) throw invalid('/parentId', 'not_found', 'is no ticket')
  return { id, place: await placeBelow(tx, id, null) }
}

/** Disabled types take no new tickets, and requesters are not offered hidden ones. */
const offersTo =
  (actor: Actor) =>
  ({ enabled, hidden }: TicketType): boolean =>
    enabled && (isStaff(actor) || !hidden)

const isAssignable = (person: { supportTeam: boolean; disabledAt: string | null } | undefined): boolean =>
  person?.supportTeam === true && person.disabledAt === null

/** Who asks: named by id or address; a new address is a new person; a requester may leave it out. */
async function requesterFor(
  { tx, actor }: Pick<SubjectContext, 'tx' | 'actor'>,
  { requester, requesterId }: OpenTicket,
) {
  if (requester && requesterId !== undefined)
    throw invalid('/requesterId', 'ambiguous', 'give either requester or requesterId')
  if (requester) {
    const email = normalised('/requester/email', requester.email)
    const known = await findPersonByAddress(tx, email)
    return known
      ? asRequester(known)
      : { email, name: requester.name ?? null, role: 'requester' as const, supportTeam: false, verified: false }
  }
  const id = requesterId ?? ownId(actor)
  const person = id === undefined ? undefined : await findPerson(tx, id)
  if (!person && requesterId === undefined) throw invalid('/requester', 'missing', 'is required, or requesterId')
  if (!person) throw invalid('/requesterId', 'not_found', 'is no person')
  return asRequester(person)
}

const ownId = (actor: Actor): string | undefined => (isStaff(actor) ? undefined : actor.id)

const definedOnly = <T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  } // fromEntries forgets the keys
