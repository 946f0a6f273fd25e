import { Type } from 'typebox'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { organizationFacts } from '../organizations/store.ts'
import { asRequester, findPerson } from '../people/store.ts'
import { priorityOf, statusOf, typeOf, type Vocabulary, vocabulary } from '../types/store.ts'
import { afterChange, enteringStatus, type TicketRow, ticketFacts } from './decide.ts'
import { refuseAgentWork, ticketFor } from './policy.ts'
import { ChangeTicket } from './schema.ts'
import { type LockedTicket, lockTicket } from './store.ts'
import { tickets } from './table.ts'

/** Changes fields. What is not named stays; what is equal already changes nothing. */
export const changeTicket = defineCommand({
  name: 'changeTicket',
  group: 'tickets',
  input: ChangeTicket,

  async subject({ tx, cached }, { ticketId, expectedVersion, ...input }) {
    const [{ requester, ...locked }, words, newRequester] = await Promise.all([
      lockTicket(tx, ticketId),
      cached(vocabulary),
      input.requesterId === undefined ? undefined : findPerson(tx, input.requesterId),
    ])
    return {
      ...locked,
      requester: newRequester ? asRequester(newRequester) : requester,
      words,
      requesterFound: input.requesterId === undefined || newRequester !== undefined,
      tx,
      expectedVersion,
    }
  },

  refuse: (actor, { ticket }) => refuseAgentWork(actor, ticket),

  ruleAction: {
    input: Closed(Type.Omit(ChangeTicket, ['ticketId', 'expectedVersion']).properties),
    async subject(working, { requesterId, expectedVersion }, { tx, cached }) {
      if (requesterId !== undefined || expectedVersion !== undefined) return
      const held = working as LockedTicket // what events of tickets hand on
      return { ...held, words: await cached(vocabulary), requesterFound: true, tx, expectedVersion }
    },
  },

  async handle(
    { update, emit, actor, now, versions, cached },
    { ticketId: _, expectedVersion, ...input },
    { ticket, requester, followers, assignee, organization: former, words, requesterFound, tx },
  ) {
    await refuseStale(tx, ticket, expectedVersion, fieldsOf(input))
    if (!requesterFound) throw invalid('/requesterId', 'not_found', 'is no person')
    const before = { ...ticket }
    const isMoving = input.requesterId !== undefined && input.requesterId !== ticket.requesterId
    const wanted = {
      ...wantedFields(input, ticket, words, now),
      ...(isMoving ? { organizationId: requester.organizationId } : {}),
    }
    const changes = changesBetween(ticket, wanted)
    const changed = Object.keys(changes)
    if (!changed.length) return ticketFor(actor, ticket)

    update(tickets, ticket, {
      ...wanted,
      ...afterChange(before, changed, actor, now),
    })
    const { priorityRank: _rank, ...told } = changes
    const organization = isMoving ? await organizationFacts({ cached }, ticket.organizationId) : former
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
    return ticketFor(actor, ticket)
  },
})

type Input = Omit<Parameters<typeof changeTicket.handle>[1], 'ticketId' | 'expectedVersion'>

/** The fields of the ticket that an input speaks of. */
const fieldsOf = ({ addTags, removeTags, ...fields }: Input): string[] =>
  addTags || removeTags ? [...Object.keys(fields), 'tags'] : Object.keys(fields)

function wantedFields(input: Input, ticket: TicketRow, words: Vocabulary, now: string): Partial<TicketRow> {
  const { type, status, priority, tags, addTags, removeTags, dueAt, estimatedResolutionAt, ...plain } = input
  const chosen = priority === undefined ? undefined : priorityOf(words, priority)
  return {
    ...plain,
    ...(dueAt === undefined ? {} : { dueAt: instantIn('/dueAt', dueAt) }),
    ...(estimatedResolutionAt === undefined
      ? {}
      : { estimatedResolutionAt: instantIn('/estimatedResolutionAt', estimatedResolutionAt) }),
    ...(type === undefined ? {} : { type: typeOf(words, type).key }),
    ...(status === undefined || status === ticket.status ? {} : enteringStatus(statusOf(words, status), now, ticket)),
    ...(chosen ? { priority: chosen.key, priorityRank: chosen.position } : {}),
    ...(tags || addTags || removeTags ? { tags: tagsAfter(tags ?? ticket.tags, addTags, removeTags) } : {}),
  }
}

const TAGS_MAX = 50

function tagsAfter(tags: readonly string[], added: readonly string[] = [], removed: readonly string[] = []): string[] {
  const after = [...new Set([...tags, ...added])].filter((tag) => !removed.includes(tag))
  if (after.length > TAGS_MAX) throw invalid('/addTags', 'too_many', `a ticket has at most ${TAGS_MAX} tags`)
  return after
}
