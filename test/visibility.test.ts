import fc from 'fast-check'
import t from 'tap'
import { activePerson } from '../src/domain/access/store.ts'
import { seesMessage } from '../src/domain/conversations/policy.ts'
import { fieldsFor, seesField } from '../src/domain/fields/policy.ts'
import { seesPerson } from '../src/domain/people/policy.ts'
import { seesTicket, ticketFor } from '../src/domain/tickets/policy.ts'
import { vocabulary } from '../src/domain/types/store.ts'
import type { PersonActor } from '../src/kernel/actor.ts'
import { startDesk } from './support/desk.ts'

// What the policies say of one thing, the queries must say of many: the same random actors and things get the same answer.

const { call, db, openTicket, person, receive } = await startDesk(t)

const ownRoles = [
  { key: 'dispatch', kind: 'staff', ticketAccess: 'all' },
  { key: 'team_agent', kind: 'staff', ticketAccess: 'teams' },
  { key: 'own_agent', kind: 'staff', ticketAccess: 'own' },
  { key: 'full_user', kind: 'client', organizationTickets: true },
]
for (const role of ownRoles)
  await call('POST', '/v1/roles', { body: { name: role.key, permissions: ['openTicket'], ...role } })
const shipped = ['admin', 'agent', 'light_agent', 'requester', 'requester', 'requester']
const people = await Promise.all([...shipped, ...ownRoles.map(({ key }) => key)].map((role) => person(role)))
const requesters = people.slice(3, 6)
const [dispatcher, teamAgent, ownAgent, fullUser] = people.slice(6)
const { id: teamId } = (await call('POST', '/v1/teams', { body: { name: 'One', memberIds: [teamAgent?.id] } })).body
const { id: otherTeamId } = (await call('POST', '/v1/teams', { body: { name: 'Two', memberIds: [ownAgent?.id] } })).body
// the last two are of one organization that shares its tickets, the first of one that does not
const organizationOf = async (sharesTickets: boolean, members: typeof people): Promise<string> => {
  const { id } = (await call('POST', '/v1/organizations', { body: { name: 'Some', sharesTickets } })).body
  for (const member of members) await call('PATCH', `/v1/people/${member.id}`, { body: { organizationId: id } })
  return id
}
const shared = await organizationOf(true, requesters.slice(1))
// a role may read the organization's tickets where others of it do not
await organizationOf(false, [...requesters.slice(0, 1), ...(fullUser ? [fullUser] : [])])
await new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted
const actors: PersonActor[] = await Promise.all(
  people.map(async ({ id }) => {
    const actor = await activePerson(db, id)
    if (!actor) throw new Error('a person who was just added acts')
    return actor
  }),
)
for (const [key, visibility] of [
  ['open_to_all', 'requesters'],
  ['for_us', 'agents'],
  ['retired_one', 'requesters'],
])
  await call('POST', '/v1/fields', { body: { key, name: key, type: 'text', visibility } })
const words = await vocabulary.load(db)

// biome-ignore lint/suspicious/noExplicitAny: tickets as answered
const tickets: any[] = []
for (let n = 0; n < 9; n++) {
  const ticket = await openTicket({ requesterId: requesters[n % 3]?.id, subject: `Seen ${n}`, fields: fieldsOf(n) })
  const whose = [{ teamId }, { teamId: otherTeamId }, { assigneeId: ownAgent?.id }, { assigneeId: dispatcher?.id }][n]
  if (whose) await call('PUT', `/v1/tickets/${ticket.id}/assignment`, { body: whose })
  await call('POST', `/v1/tickets/${ticket.id}/notes`, { body: { body: `Note ${n}` } })
  await call('POST', `/v1/tickets/${ticket.id}/replies`, { body: { body: `Reply ${n}` } })
  tickets.push((await call('GET', `/v1/tickets/${ticket.id}?include=messages`)).body)
}
// of the sharing organization, asked by somebody who has left it since; and one from after that
const left = await person('requester')
await call('PATCH', `/v1/people/${left.id}`, { body: { organizationId: shared } })
for (const organizationId of [shared, null]) {
  await call('PATCH', `/v1/people/${left.id}`, { body: { organizationId } })
  const { id } = await openTicket({ requesterId: left.id })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Reply' } })
  tickets.push((await call('GET', `/v1/tickets/${id}?include=messages`)).body)
}
// a message that is held: a stranger who names a stored Message-ID
const opened = await receive(
  `From: ${requesters[0]?.email}\nTo: support@kontor.localhost\nSubject: Held\nMessage-ID: <held-1@example.com>\n\nMine\n`,
)
await receive(
  'From: stranger@example.net\nTo: support@kontor.localhost\nSubject: Re: Held\nMessage-ID: <held-2@example.net>\nIn-Reply-To: <held-1@example.com>\n\nCANARY let me in\n',
)
tickets.push((await call('GET', `/v1/tickets/${opened.ticketId}?include=messages`)).body)
await call('DELETE', '/v1/fields/retired_one')
t.same(
  tickets.slice(-3, -1).map(({ organizationId }) => organizationId),
  [shared, null],
)
t.ok(
  tickets.at(-1).messages.some(({ held }: { held: boolean }) => held),
  'there is a held message to see or not',
)

/** Every choice of them, none at all included. */
function fieldsOf(n: number): Record<string, string> {
  const all = ['open_to_all', 'for_us', 'retired_one']
  return Object.fromEntries(all.flatMap((key, bit) => ((n >> bit) & 1 ? [[key, `${key} of ${n}`]] : [])))
}

const indexOf = (of: readonly unknown[]) => fc.nat({ max: of.length - 1 })

t.test('an organization shares its tickets, or a role reads them', async (t) => {
  t.same(
    [3, 5, 9].map((n) => actors[n]?.sharedOrganizationId !== null),
    [false, true, true],
  )
})

t.test('a ticket is in every road or in none: REST get, REST list, GraphQL, node', async (t) => {
  await fc.assert(
    fc.asyncProperty(indexOf(actors), indexOf(tickets), async (a, n) => {
      const actor = actors[a]
      const key = people[a]?.key ?? ''
      const ticket = tickets[n]
      if (!actor) return false
      const sees = seesTicket(actor, ticket)
      const got = await call('GET', `/v1/tickets/${ticket.id}`, { key })
      const listed = await call('GET', `/v1/tickets?number=${ticket.number}`, { key })
      const graph = await call('POST', '/graphql', {
        key,
        body: { query: `{ ticket(id: "${ticket.number}") { id } node(id: "${ticket.id}") { id } }` },
      })
      return (
        (got.status === 200) === sees &&
        (listed.body.data.length === 1) === sees &&
        (graph.body.data.ticket !== null) === sees &&
        (graph.body.data.node !== null) === sees
      )
    }),
    { numRuns: 120 },
  )
  t.pass('predicate and SQL agree')
})

t.test('custom fields are those that the policy shows, by every road', async (t) => {
  await fc.assert(
    fc.asyncProperty(indexOf(actors), fc.nat({ max: 8 }), async (a, n) => {
      const actor = actors[a]
      const key = people[a]?.key ?? ''
      const ticket = tickets[n]
      if (!actor || !seesTicket(actor, ticket)) return true
      const expected = JSON.stringify(fieldsFor(actor, ticket.fields, words.fields))
      const path = `/v1/tickets/${ticket.id}`
      const search = { key, body: { condition: { field: 'number', op: 'is', value: ticket.number } } }
      const graph = { key, body: { query: `{ ticket(id: "${ticket.id}") { fields } node(id: "${ticket.id}") { ... on Ticket { fields } } }` } } // biome-ignore format: one document
      const { data } = (await call('POST', '/graphql', graph)).body
      const seen = [
        (await call('GET', path, { key })).body,
        (await call('GET', `${path}?include=messages`, { key })).body,
        (await call('GET', `/v1/tickets?number=${ticket.number}`, { key })).body.data[0],
        (await call('POST', '/v1/tickets/search', search)).body.data[0],
        data.ticket,
        data.node,
      ]
      return seen.every(({ fields }) => JSON.stringify(fields) === expected)
    }),
    { numRuns: 60 },
  )
  t.pass('policy and SQL agree')
})

t.test('the tickets that a filter on a field finds are those whose value the actor reads', async (t) => {
  for (const [a, actor] of actors.entries())
    for (const field of ['open_to_all', 'for_us', 'retired_one']) {
      const { status, body } = await call('GET', `/v1/tickets?limit=100&fields.${field}[contains]=${field}`, { key: people[a]?.key ?? '' }) // biome-ignore format: one line
      const definition = words.fields.get(field)
      if (!definition || !seesField(actor, definition)) {
        t.equal(status, 400, `${actor.role}: ${field} is no field`)
        continue
      }
      const expected = tickets.filter((ticket) => seesTicket(actor, ticket) && ticket.fields[field])
      const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).sort()
      t.same(ids(body.data), ids(expected), `${actor.role}: ${field}`)
    }
})

t.test('a message is seen as its ticket, its visibility and its hold say', async (t) => {
  await fc.assert(
    fc.asyncProperty(indexOf(actors), indexOf(tickets), fc.nat(), async (a, n, m) => {
      const actor = actors[a]
      const key = people[a]?.key ?? ''
      const ticket = tickets[n]
      const message = ticket.messages[m % ticket.messages.length]
      if (!actor) return false
      const sees = seesTicket(actor, ticket) && seesMessage(actor, message)
      const got = await call('GET', `/v1/messages/${message.id}`, { key })
      const listed = await call('GET', `/v1/tickets/${ticket.id}/messages?limit=100`, { key })
      const inList = listed.status === 200 && listed.body.data.some(({ id }: { id: string }) => id === message.id)
      return (got.status === 200) === sees && inList === sees
    }),
    { numRuns: 120 },
  )
  t.pass('predicate and SQL agree')
})

t.test('a person is seen by those who work here, and by themself', async (t) => {
  for (const [a, actor] of actors.entries()) {
    for (const other of actors) {
      const { status } = await call('GET', `/v1/people/${other.id}`, { key: people[a]?.key ?? '' })
      t.equal(status === 200, seesPerson(actor, other), `${actor.role} and ${other.role}`)
    }
  }
})

t.test('what is for agents only reads as null for requesters, and cannot be asked about', async (t) => {
  const [ruth] = requesters
  const mine = tickets[0]
  const seen = (await call('GET', `/v1/tickets/${mine.id}`, { key: ruth?.key ?? '' })).body
  await call('PATCH', `/v1/tickets/${mine.id}`, { body: { addTags: ['secret'] } })
  const full = (await call('GET', `/v1/tickets/${mine.id}`)).body
  const row = {
    ...full,
    publicVersion: seen.version,
    publicUpdatedAt: seen.updatedAt,
  }
  const actor = actors[3]
  if (!actor) throw new Error('no requester')
  const {
    publicVersion: _v,
    publicUpdatedAt: _u,
    ...expected
  } = { ...ticketFor(actor, row, words.fields), publicVersion: 0, publicUpdatedAt: 0 }
  t.same((await call('GET', `/v1/tickets/${mine.id}`, { key: ruth?.key ?? '' })).body, expected)
  for (const parameter of ['tags[contains]=secret', 'assigneeId=none', 'needsReaction=true', 'lastNoteAt[gte]=-7d']) {
    t.match(await call('GET', `/v1/tickets?${parameter}`, { key: ruth?.key ?? '' }), { status: 400 }, parameter)
  }
})
