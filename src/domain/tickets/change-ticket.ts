import { Type } from 'typebox'
import type { Connection } from '../../db/client.ts'
import { type Actor, isStaff } from '../../kernel/actor.ts'
import { conflictOver, refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { refusedWay } from '../access/ways.ts'
import { FIELDS } from '../fields/policy.ts'
import { knownPeople } from '../fields/store.ts'
import { changedFields, fieldChanges } from '../fields/values.ts'
import { organizationFacts } from '../organizations/store.ts'
import { asRequester, findPerson } from '../people/store.ts'
import { categoryOf, priorityOf, projectOf, statusOf, typeOf, type Vocabulary, vocabulary } from '../types/store.ts'
import { afterChange, type TicketRow, ticketFacts } from './decide.ts'
import { entering, enteringType, type Moving } from './moving.ts'
import { answeredTicket, refuseChange } from './policy.ts'
import { ChangeTicket, type Ticket } from './schema.ts'
import { type LockedTicket, lockTicket } from './store.ts'
import { tickets } from './table.ts'

/** Changes fields. What is not named stays; what is equal already changes nothing. */
export const changeTicket = defineCommand({
  name: 'changeTicket',
  group: 'tickets',
  input: ChangeTicket,

  async subject(context, { ticketId, expectedVersion, ...input }) {
    const { tx, cached, actor } = context
    const configured = cached(vocabulary)
    const [{ requester, ...locked }, words, newRequester, known, closed] = await Promise.all([
      lockTicket(tx, ticketId),
      configured,
      input.requesterId === undefined ? undefined : findPerson(tx, input.requesterId),
      configured.then(({ fields }) => knownPeople(tx, actor, fields, input.fields)),
      refusedWay(context, 'update'),
    ])
    return {
      ...locked,
      requester: newRequester ? asRequester(newRequester) : requester,
      words,
      known,
      closed,
      requesterFound: input.requesterId === undefined || newRequester !== undefined,
      tx,
      expectedVersion,
    }
  },

  refuse: (actor, { ticket, closed }, input) => refuseChange(actor, ticket, input) ?? closed,

  ruleAction: {
    input: Closed(Type.Omit(ChangeTicket, ['ticketId', 'expectedVersion']).properties),
    async subject(working, { requesterId, expectedVersion, fields }, { tx, cached, actor }) {
      if (requesterId !== undefined || expectedVersion !== undefined) return
      const held = working as LockedTicket // what events of tickets hand on
      const words = await cached(vocabulary)
      // asks for nothing but where fields name people
      const known = await knownPeople(tx, actor, words.fields, fields)
      return { ...held, words, known, closed: undefined, requesterFound: true, tx, expectedVersion }
    },
  },

  async handle(
    { update, emit, actor, now, versions, cached },
    { ticketId: _, expectedVersion, ...asked },
    { ticket, requester, followers, assignee, organization: former, words, known, requesterFound, tx },
  ): Promise<Ticket> {
    const definitions = words.fields
    // the id of a record that was merged names whom it has become a part of
    const input = asked.requesterId === undefined ? asked : { ...asked, requesterId: requester.id }
    await refuseStaleFor(actor, tx, { ticket, expectedVersion, names: fieldsOf(input) })
    if (!requesterFound) throw invalid('/requesterId', 'not_found', 'is no person')
    const before = { ...ticket }
    const isMoving = input.requesterId !== undefined && input.requesterId !== ticket.requesterId
    const organization = isMoving ? await organizationFacts({ cached }, requester.organizationId) : former
    const { fields, ...others } = wantedFields(input, ticket, words)
    const unmoved = { ...others, ...(isMoving ? { organizationId: requester.organizationId } : {}) }
    const given = { actor, definitions, type: unmoved.type ?? ticket.type, known }
    const custom = fields ? changedFields(given, ticket.fields, fields) : ticket.fields
    const left = { ...ticket, ...unmoved, fields: custom }
    const wanted = {
      ...unmoved,
      ...statusAfter({ ticket: left, requester, organization, words, actor, now }, before, input),
    }
    const changes = { ...changesBetween(ticket, wanted), ...fieldChanges(ticket.fields, custom) }
    const changed = Object.keys(changes)
    if (!changed.length) return ticket

    update(tickets, ticket, {
      ...wanted,
      // only where they differ: facts keep what is another object
      ...(changed.some((name) => name.startsWith(FIELDS)) ? { fields: custom } : {}),
      ...afterChange(before, { changed, definitions }, actor, now),
    })
    const { priorityRank: _rank, statusEnteredAt: _since, ...told } = changes
    const parties = { requester, followers, assignee, organization }
    const facts = ticketFacts({ before, after: ticket, ...parties, actor, versions })
    emit({
      type: 'ticket.changed',
      ticketId: ticket.id,
      object: { type: 'ticket', id: ticket.id, version: ticket.version },
      changes: told,
      data: {},
      facts,
      working: { ticket, ...parties },
    })
    return ticket
  },

  answer: (made, after) => answeredTicket(made, after, after.subject.words.fields),
})

type Input = Omit<Parameters<typeof changeTicket.handle>[1], 'ticketId' | 'expectedVersion'>

/** The fields of the ticket that an input speaks of, by their names in events. */
const fieldsOf = ({ addTags, removeTags, fields = {}, ...others }: Input): string[] => [
  ...Object.keys(others),
  ...(addTags || removeTags ? ['tags'] : []),
  ...Object.keys(fields).map((key) => FIELDS + key),
]

interface Reader {
  ticket: TicketRow
  expectedVersion: number | undefined
  names: readonly string[]
}

/** Requesters read another version, of which is not kept what it changed: to them any later one is a conflict. */
async function refuseStaleFor(actor: Actor, tx: Connection, { ticket, expectedVersion, names }: Reader): Promise<void> {
  if (isStaff(actor)) return refuseStale(tx, ticket, expectedVersion, names)
  if (expectedVersion !== undefined && expectedVersion !== ticket.publicVersion)
    throw conflictOver(ticket.publicVersion, names)
}

/** The status in which a ticket is left: as asked for, or as its new type has it. */
function statusAfter(moving: Moving, before: TicketRow, { status }: Input): Partial<TicketRow> {
  if (moving.ticket.type !== before.type) return enteringType(moving, status)
  if (status === undefined || status === before.status) return {}
  return entering(moving, statusOf(moving.words, status))
}

function wantedFields(input: Input, ticket: TicketRow, words: Vocabulary): Partial<TicketRow> {
  const {
    type,
    status: _,
    priority,
    category,
    project,
    tags,
    addTags,
    removeTags,
    dueAt,
    estimatedResolutionAt,
    ...plain
  } = input
  const chosen = priority === undefined ? undefined : priorityOf(words, priority)
  return {
    ...plain,
    ...(dueAt === undefined ? {} : { dueAt: instantIn('/dueAt', dueAt) }),
    ...(estimatedResolutionAt === undefined
      ? {}
      : { estimatedResolutionAt: instantIn('/estimatedResolutionAt', estimatedResolutionAt) }),
    ...(type === undefined || type === ticket.type ? {} : { type: takingType(words, type) }),
    ...(category === undefined ? {} : { category: categoryOf(words, category) }),
    ...(project === undefined ? {} : { project: projectOf(words, project) }),
    ...(chosen ? { priority: chosen.key, priorityRank: chosen.position } : {}),
    ...(tags || addTags || removeTags ? { tags: tagsAfter(tags ?? ticket.tags, addTags, removeTags) } : {}),
  }
}

function takingType(words: Vocabulary, key: string): string {
  if (!typeOf(words, key).enabled) throw invalid('/type', 'not_allowed', `${key} is disabled`)
  return key
}

const TAGS_MAX = 50

function tagsAfter(tags: readonly string[], added: readonly string[] = [], removed: readonly string[] = []): string[] {
  const after = [...new Set([...tags, ...added])].filter((tag) => !removed.includes(tag))
  if (after.length > TAGS_MAX) throw invalid('/addTags', 'too_many', `a ticket has at most ${TAGS_MAX} tags`)
  return after
}
