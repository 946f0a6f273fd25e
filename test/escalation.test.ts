import t from 'tap'
import { ChangeTicket } from '../src/domain/tickets/schema.ts'
import { startDesk } from './support/desk.ts'

// R14: nobody grants what they lack, changes their own role, makes keys wider than their own, or reaches by a detour what they are refused.

const { app, call, db, graphql, openTicket, person, rows } = await startDesk(t)

const permissions = [
  'openTicket',
  'postReply',
  'postNote',
  'changeTicket',
  'applyMacro',
  'changeTickets',
  'startBulkChange',
]
for (const role of [
  { key: 'clerk', kind: 'staff', ticketAccess: 'all', permissions, changeable: ['priority'] },
  {
    key: 'reader',
    kind: 'staff',
    ticketAccess: 'all',
    permissions: ['applyMacro', 'changeTickets', 'startBulkChange'],
  },
  {
    key: 'full_user',
    kind: 'client',
    permissions: ['openTicket', 'postReply', 'changeTicket'],
    changeable: ['priority'],
  },
])
  await call('POST', '/v1/roles', { body: { name: 'x', ...role } })
const [agent, otherAgent, light, clerk, reader, fullUser, requester, victim] = await Promise.all(
  ['agent', 'agent', 'light_agent', 'clerk', 'reader', 'full_user', 'requester', 'requester'].map((role) =>
    person(role),
  ),
)
if (!agent || !otherAgent || !light || !clerk || !reader || !fullUser || !requester || !victim) throw new Error('eight')
const admin = (await call('GET', '/v1/me')).body
const { id: teamId } = (await call('POST', '/v1/teams', { body: { name: 'x', memberIds: [otherAgent.id] } })).body
const { id: organizationId } = (await call('POST', '/v1/organizations', { body: { name: 'x' } })).body
const { id: adminKeyId } = (await call('POST', '/v1/api-keys', { body: { name: 'x' } })).body
const narrow = async (...scopes: string[]): Promise<string> =>
  (await call('POST', '/v1/api-keys', { body: { name: 'narrow', scopes } })).body.key
const keyMaker = await narrow('createApiKey', 'tickets:read')
const ticketKey = await narrow('tickets:write')
const peopleReader = await narrow('people:read')
const ticket = await openTicket({ requesterId: fullUser.id })
const path = `/v1/tickets/${ticket.id}`
const change = { action: 'changeTicket', priority: 'urgent' }
const note = { action: 'postNote', body: 'x' }
await call('POST', '/v1/macros', { body: { key: 'urgent', name: 'x', actions: [change] } })
await call('POST', '/v1/macros', {
  body: { key: 'solve', name: 'x', actions: [{ action: 'changeTicket', status: 'solved' }] },
})

type Method = 'POST' | 'PATCH' | 'PUT' | 'DELETE'
type Attempt = [who: string, key: string, method: Method, path: string, body?: Record<string, unknown>]

const roles = ['admin', 'agent', 'light_agent', 'clerk', 'full_user']
/** What nobody but an admin may, whoever tries. */
const adminsOnly: [Method, string, Record<string, unknown>?][] = [
  ['POST', '/v1/roles', { key: 'mine', name: 'x', kind: 'staff', ticketAccess: 'all', permissions }],
  ['PATCH', '/v1/roles/clerk', { permissions: [...permissions, 'deleteTicket'] }],
  ['PATCH', '/v1/roles/full_user', { organizationTickets: true }],
  ['DELETE', '/v1/roles/clerk?replaceWith=agent'],
  ['PATCH', '/v1/access-settings', { mail: { create: false } }],
  ['POST', '/v1/rules', { key: 'mine', name: 'x', on: ['ticket.opened'], then: [change] }],
  ['PATCH', '/v1/rules/acknowledge_new_ticket', { enabled: false }],
  ['POST', '/v1/teams', { name: 'Mine', memberIds: [] }],
  ['POST', '/v1/mailboxes', { address: 'mine@kontor.localhost' }],
  ['POST', '/v1/fields', { key: 'mine', name: 'x', type: 'text' }],
  ['POST', '/v1/organizations', { name: 'x', domains: ['mine.example'] }],
  ['POST', '/v1/api-keys', { name: 'x', personId: admin.id }],
  ['POST', '/v1/people', { email: 'made@example.com', role: 'admin' }],
  ['POST', '/v1/people', { email: 'made@example.com', supportTeam: true }],
]
const everybody = { agent, light, clerk, reader, fullUser, requester }
const attempts: Attempt[] = [
  ...Object.entries(everybody).flatMap(([who, { key }]) =>
    adminsOnly.map(([method, at, body]): Attempt => [who, key, method, at, ...(body ? [body] : [])] as Attempt),
  ),
  ...roles.flatMap((role): Attempt[] => [
    ['agent', agent.key, 'PATCH', `/v1/people/${agent.id}`, { role }],
    ['agent', agent.key, 'PATCH', `/v1/people/${victim.id}`, { role }],
    ['agent', agent.key, 'POST', '/v1/people', { email: 'made@example.com', role }],
    ['clerk', clerk.key, 'PATCH', `/v1/people/${clerk.id}`, { role }],
  ]),
  ['agent', agent.key, 'PATCH', `/v1/people/${victim.id}`, { supportTeam: true }],
  ['agent', agent.key, 'PATCH', `/v1/people/${admin.id}`, { email: agent.email }],
  ['agent', agent.key, 'PATCH', `/v1/people/${admin.id}`, { disabled: true }],
  ['agent', agent.key, 'PATCH', `/v1/people/${otherAgent.id}`, { disabled: true }],
  ['agent', agent.key, 'PATCH', `/v1/people/${fullUser.id}`, { name: 'x' }],
  ['agent', agent.key, 'POST', `/v1/people/${admin.id}/emails`, { email: 'mine@example.net' }],
  ['agent', agent.key, 'PATCH', `/v1/teams/${teamId}`, { memberIds: [agent.id] }],
  ['agent', agent.key, 'PATCH', `/v1/organizations/${organizationId}`, { sharesTickets: true }],
  ['agent', agent.key, 'PATCH', `/v1/organizations/${organizationId}`, { domains: ['mine.example'] }],
  ['agent', agent.key, 'DELETE', `/v1/api-keys/${adminKeyId}`],
  ['agent', agent.key, 'POST', `/v1/api-keys/${adminKeyId}/rotate`, {}],
  ['agent', agent.key, 'POST', '/v1/auth/requester-tokens', { personId: admin.id }],
  ['agent', agent.key, 'POST', '/v1/auth/requester-tokens', { email: admin.email }],
  ['agent', agent.key, 'POST', '/v1/auth/requester-tokens', { personId: clerk.id }],
  ['agent', agent.key, 'PATCH', `/v1/people/${otherAgent.id}/workload`, { weight: 5 }],
  ...['*', 'people:write', 'access:write', 'tickets:write', 'changePerson'].map(
    (scope): Attempt => ['a narrow key', keyMaker, 'POST', '/v1/api-keys', { name: 'wider', scopes: [scope] }],
  ),
  ['a narrow key', keyMaker, 'POST', '/v1/api-keys', { name: 'wider' }],
  ['a narrow key', ticketKey, 'POST', '/v1/api-keys', { name: 'x', scopes: ['tickets:write'] }],
  ['a narrow key', ticketKey, 'PATCH', `/v1/people/${victim.id}`, { role: 'admin' }],
  ['a narrow key', peopleReader, 'POST', '/v1/people', { email: 'made@example.com' }],
  ['a narrow key', peopleReader, 'POST', '/v1/roles', { key: 'mine', name: 'x', kind: 'client' }],
  ['clerk', clerk.key, 'POST', '/v1/api-keys', { name: 'x' }],
  ['clerk', clerk.key, 'POST', '/v1/auth/requester-tokens', { personId: victim.id }],
  ['clerk', clerk.key, 'POST', '/v1/macros', { key: 'mine', name: 'x', actions: [change] }],
  ['clerk', clerk.key, 'PATCH', path, { status: 'solved' }],
  ['clerk', clerk.key, 'PATCH', path, { priority: 'low', tags: ['x'] }],
  ['clerk', clerk.key, 'PATCH', path, { addTags: ['x'] }],
  ['clerk', clerk.key, 'PATCH', path, { requesterId: victim.id }],
  ['clerk', clerk.key, 'POST', `${path}/replies`, { body: 'x', status: 'solved' }],
  ['clerk', clerk.key, 'DELETE', path],
  [
    'clerk',
    clerk.key,
    'POST',
    '/v1/tickets',
    { subject: 'x', body: 'x', requesterId: victim.id, assigneeId: clerk.id },
  ],
  ['clerk', clerk.key, 'POST', '/v1/tickets', { subject: 'x', body: 'x', requesterId: victim.id, status: 'solved' }],
  ['clerk', clerk.key, 'POST', '/v1/macros/solve/apply', { ticketId: ticket.id }],
  ['reader', reader.key, 'POST', '/v1/macros/urgent/apply', { ticketId: ticket.id }],
  ['reader', reader.key, 'POST', '/v1/tickets/bulk', { ticketIds: [ticket.id], actions: [change] }],
  ['reader', reader.key, 'POST', '/v1/tickets/bulk', { ticketIds: [ticket.id], actions: [note] }],
  ['reader', reader.key, 'POST', '/v1/tickets/bulk-jobs', { ticketIds: [ticket.id], actions: [change] }],
  ['full user', fullUser.key, 'PATCH', path, { status: 'solved' }],
  ['full user', fullUser.key, 'PATCH', path, { priority: 'low', status: 'solved' }],
  ['full user', fullUser.key, 'PATCH', path, { tags: ['x'] }],
  ['full user', fullUser.key, 'POST', `${path}/notes`, { body: 'x' }],
  ['full user', fullUser.key, 'PUT', `${path}/assignment`, { assigneeId: agent.id }],
  ['full user', fullUser.key, 'POST', '/v1/tickets', { subject: 'x', body: 'x', requesterId: victim.id }],
  ['full user', fullUser.key, 'PATCH', path, { subject: 'Not named by the role' }],
]

/** All that says who may what, and the ticket that is tried on. */
const state = async () => ({
  rows: await rows(),
  people: (
    await db.query({
      text: 'select id, role, acts_as, email, support_team, disabled_at, version from people order by id',
      values: [],
    })
  ).rows,
  roles: (await db.query({ text: 'select * from roles order by key', values: [] })).rows,
  teams: (await db.query({ text: 'select * from team_members order by 1, 2', values: [] })).rows,
  ticket: (await call('GET', path)).body,
})

t.test('nobody becomes more than they are', async (t) => {
  const before = await state()
  t.ok(attempts.length >= 60, `${attempts.length} attempts`)
  for (const [who, key, method, at, body] of attempts) {
    const { status, body: told } = await call(method, at, { key, ...(body ? { body } : {}) })
    t.ok(
      [403, 422].includes(status),
      `${who}: ${method} ${at} ${JSON.stringify(body ?? {})} is ${status} ${told?.code}`,
    )
  }
  t.same(await state(), before, 'nothing has changed')
})

t.test('nor by GraphQL', async (t) => {
  const before = await state()
  for (const [key, name, input] of [
    [agent.key, 'changePerson', { personId: agent.id, role: 'admin' }],
    [agent.key, 'addPerson', { email: 'made@example.com', role: 'clerk' }],
    [clerk.key, 'addRole', { key: 'mine', name: 'x', kind: 'staff' }],
    [clerk.key, 'changeRole', { key: 'clerk', permissions: ['deleteTicket'] }],
    [clerk.key, 'createApiKey', { name: 'x' }],
    [clerk.key, 'changeTicket', { ticketId: ticket.id, status: 'solved' }],
    [fullUser.key, 'changeTicket', { ticketId: ticket.id, status: 'solved' }],
    [keyMaker, 'createApiKey', { name: 'wider', scopes: ['*'] }],
  ] as const) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`
    const query = `mutation ($input: ${type}) { ${name}(input: $input) { __typename } }`
    const { errors } = (await graphql(query, { input }, { key })).body
    t.ok(
      ['forbidden', 'missing_scope'].includes(errors?.[0]?.extensions?.code),
      `${name}: ${errors?.[0]?.extensions?.code}`,
    )
  }
  t.same(await state(), before, 'nothing has changed')
})

t.test('roles: what is shipped is fixed, and what cannot be given is not given', async (t) => {
  for (const key of ['admin', 'agent', 'light_agent', 'requester']) {
    t.match(await call('PATCH', `/v1/roles/${key}`, { body: { name: 'x' } }), {
      status: 409,
      body: { code: 'role_is_shipped' },
    })
    t.match(await call('DELETE', `/v1/roles/${key}`), { status: 409, body: { code: 'role_is_shipped' } })
    t.match(await call('POST', '/v1/roles', { body: { key, name: 'x', kind: 'staff' } }), {
      status: 409,
      body: { code: 'key_taken' },
    })
  }
  for (const [given, pointer] of [
    [{ kind: 'client', permissions: ['postNote'] }, '/permissions/0'],
    [{ kind: 'client', permissions: ['openTicket', 'assignTicket'] }, '/permissions/1'],
    [{ kind: 'staff', permissions: ['changePerson'] }, '/permissions/0'],
    [{ kind: 'staff', permissions: ['noSuchCommand'] }, '/permissions/0'],
    [{ kind: 'client', changeable: ['tags'] }, '/changeable/0'],
    [{ kind: 'staff', changeable: ['version'] }, '/changeable/0'],
    [{ kind: 'client', ticketAccess: 'all' }, '/ticketAccess'],
    [{ kind: 'staff', organizationTickets: true }, '/organizationTickets'],
  ] as const)
    t.match(await call('POST', '/v1/roles', { body: { key: 'wrong', name: 'x', ...given } }), {
      status: 422,
      body: { errors: [{ pointer, code: 'not_allowed' }] },
    })
  for (const replaceWith of ['requester', 'admin', 'clerk', 'nobody'])
    t.match(await call('DELETE', `/v1/roles/clerk?replaceWith=${replaceWith}`), {
      status: 400,
      body: { code: 'invalid_parameter' },
    })
  t.match(await call('DELETE', '/v1/roles/clerk'), { status: 409, body: { code: 'in_use', count: 1 } })
})

t.test('whose role is removed has the other one within a second', async (t) => {
  t.equal((await call('DELETE', path, { key: clerk.key })).status, 403)
  t.equal((await call('DELETE', '/v1/roles/clerk?replaceWith=agent')).status, 204)
  t.match((await call('GET', `/v1/people/${clerk.id}`)).body, { role: 'agent' })
  t.equal((await call('GET', '/v1/roles/clerk')).status, 404)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  t.equal((await call('DELETE', path, { key: clerk.key })).status, 204)
})

t.test('what roles can be given are commands and fields that there are', async (t) => {
  const contract = JSON.stringify(app.http.swagger())
  const byRulesAndMacros = ['sendMail', 'tellPhase']
  const { data } = (await call('GET', '/v1/roles/permissions')).body
  t.same(data.map(({ kind }: { kind: string }) => kind).sort(), ['client', 'staff'])
  for (const { permissions: names, changeable } of data) {
    for (const name of names)
      t.ok(byRulesAndMacros.includes(name) || contract.includes(`"operationId":"${name}"`), name)
    for (const field of changeable) t.ok(field in ChangeTicket.properties, field)
  }
  t.match((await call('GET', '/v1/roles')).body.data.slice(0, 4), [
    { key: 'admin', isShipped: true, permissions: null },
    { key: 'agent', ticketAccess: 'all' },
    { key: 'light_agent' },
    { key: 'requester', kind: 'client' },
  ])
})
