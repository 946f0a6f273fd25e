import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { findPerson, findPersonByAddress, insertPerson, NEW_PERSON_CONSTRAINTS, normalised } from '../people/store.ts'
import { refuseAgentWork } from '../tickets/policy.ts'
import { lockTicket } from '../tickets/store.ts'
import { AddFollower, type Follower } from './schema.ts'
import { insertFollowers } from './store.ts'

/** Somebody more who receives the public replies of a ticket: a person, or an address, whose person is made where it is new. */
export const addFollower = defineCommand({
  name: 'addFollower',
  group: 'tickets',
  input: AddFollower,
  retryOn: NEW_PERSON_CONSTRAINTS,

  async subject({ tx }, { ticketId, personId, email }) {
    if ((personId === undefined) === (email === undefined))
      throw invalid('', 'ambiguous', 'give either personId or email')
    const address = email === undefined ? undefined : normalised('/email', email)
    const [locked, person] = await Promise.all([
      lockTicket(tx, ticketId),
      address === undefined ? findPerson(tx, personId ?? '') : findPersonByAddress(tx, address),
    ])
    return { ...locked, person, address }
  },

  refuse(actor, { ticket, requester, followers, person, address }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (!person && address === undefined) return invalid('/personId', 'not_found', 'is no person')
    if (person?.disabledAt) return invalid('/personId', 'disabled', 'is disabled')
    if ([requester, ...followers].some(({ id }) => id === person?.id)) return 'already_following'
  },

  ruleAction: { input: Closed(Type.Pick(AddFollower, ['personId', 'email', 'name']).properties) },

  async handle(context, { name }, { ticket, person, address = '' }): Promise<Follower> {
    const draft = {
      name: name ?? null,
      email: address,
      role: 'requester',
      supportTeam: false,
      verified: false,
    } as const
    const follower = person ?? (await insertPerson(context, draft))
    const source = context.actor.kind === 'rule' ? 'rule' : 'agent'
    insertFollowers(context, ticket, [follower], source)
    return {
      ticketId: ticket.id,
      personId: follower.id,
      name: follower.name,
      email: follower.email,
      source,
      addedById: context.actor.kind === 'person' ? context.actor.id : null,
      createdAt: context.now,
    }
  },
})
