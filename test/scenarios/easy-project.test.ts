import t from 'tap'
import { newId } from '../../src/kernel/ids.ts'
import { receiveMail } from '../../src/mail/in/receive.ts'
import { type Answer, startDesk } from '../support/desk.ts'

// The three ways in which Easy Project lets a client in: no access at all (mail only), the full user with limited rights, and the helpdesk
// user. And all of them on one ticket. Through the public API and by mail alone.

const { app, call, graphql, person, receive, replyAddress, system } = await startDesk(t)

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
type Json = any

const post = async (path: string, body: object, key?: string): Promise<Answer> =>
  call('POST', path, { body, ...(key ? { key } : {}) })
const made = async (path: string, body: object): Promise<Json> => {
  const answer = await post(path, body)
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body
}

await made('/v1/roles', { key: 'no_access', name: 'No access', kind: 'client' })
await made('/v1/roles', {
  key: 'full_user',
  name: 'Full user',
  kind: 'client',
  organizationTickets: true,
  permissions: ['openTicket', 'postReply', 'changeTicket'],
  changeable: ['subject', 'priority', 'dueAt'],
})
const acme = await made('/v1/organizations', { name: 'Acme' })
const agent = await person('agent', 'agent@desk.example')
const noAccess = await person('no_access', 'none@acme.example')
const fullUser = await person('full_user', 'full@acme.example')
const helpdesk = await person('requester', 'help@acme.example')
const stranger = await person('requester', 'stranger@other.example')
for (const { id } of [noAccess, fullUser, helpdesk])
  await call('PATCH', `/v1/people/${id}`, { body: { organizationId: acme.id } })
await new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted

let mails = 0
const mail = (from: string, subject: string, rcptTo?: string): Promise<Json> => {
  const id = `<ep-${mails++}@example.com>`
  const raw = `From: ${from}\nTo: support@kontor.localhost\nSubject: ${subject}\nMessage-ID: ${id}\n\nBy mail ${mails}\n`
  return receive(raw, rcptTo ? { rcptTo } : {})
}
const said = async (ticketId: string): Promise<Json[]> =>
  (await call('GET', `/v1/tickets/${ticketId}/messages?sort=createdAt&limit=100`)).body.data
const open = (key: string, more: object = {}) =>
  post('/v1/tickets', { subject: 'It broke', body: 'Again.', ...more }, key)
const reply = (id: string, key: string) => post(`/v1/tickets/${id}/replies`, { body: 'And so on' }, key)
const ways = (body: object) => call('PATCH', '/v1/access-settings', { body })

t.test('a client without access writes by mail, and by nothing else', async (t) => {
  const filed = await mail(noAccess.email, 'By mail only')
  t.match(filed, { verdict: 'ticket_created', ticketId: /^tkt_/ })
  const address = await replyAddress(filed.ticketId, noAccess.email)
  t.match(await mail(noAccess.email, 'Re: By mail only', address), {
    verdict: 'message_added',
    ticketId: filed.ticketId,
  })
  t.match(await open(noAccess.key), { status: 403, body: { code: 'forbidden' } })
  t.match(await reply(filed.ticketId, noAccess.key), { status: 403, body: { code: 'forbidden' } })
  const { data } = (
    await graphql(
      'mutation ($input: PostReplyInput!) { postReply(input: $input) { id } }',
      { input: { ticketId: filed.ticketId, body: 'x' } },
      { key: noAccess.key },
    )
  ).body
  t.equal(data?.postReply ?? null, null, 'nor by GraphQL')
  t.equal((await said(filed.ticketId)).length, 2)
})

t.test('a full user opens, replies and changes what the role names: no status', async (t) => {
  const { status, body: ticket } = await open(fullUser.key)
  t.equal(status, 201)
  const path = `/v1/tickets/${ticket.id}`
  const change = (body: object) => call('PATCH', path, { key: fullUser.key, body })
  t.match(await change({ priority: 'high', subject: 'It broke twice' }), {
    status: 200,
    body: { priority: 'high', subject: 'It broke twice', status: ticket.status },
  })
  for (const body of [{ status: 'solved' }, { priority: 'low', status: 'solved' }, { tags: ['x'] }, { type: 'ticket' }])
    t.match(await change(body), { status: 403, body: { code: 'forbidden' } }, JSON.stringify(body))
  t.equal((await reply(ticket.id, fullUser.key)).status, 201)
  t.match(await post(`${path}/replies`, { body: 'x', status: 'solved' }, fullUser.key), { status: 403 })
  t.match(await post(`${path}/notes`, { body: 'x' }, fullUser.key), { status: 403 })
  t.match(await call('PUT', `${path}/assignment`, { key: fullUser.key, body: { assigneeId: agent.id } }), {
    status: 403,
  })
  t.match((await call('GET', path)).body, { priority: 'high', status: 'open', assigneeId: null })

  const { body: ofColleague } = await open(helpdesk.key)
  t.equal(
    (await call('GET', `/v1/tickets/${ofColleague.id}`, { key: fullUser.key })).status,
    200,
    'reads the organization',
  )
  const { body: foreign } = await open(stranger.key)
  for (const answer of [
    await call('GET', `/v1/tickets/${foreign.id}`, { key: fullUser.key }),
    await reply(foreign.id, fullUser.key),
    await call('PATCH', `/v1/tickets/${foreign.id}`, { key: fullUser.key, body: { priority: 'low' } }),
  ])
    t.match(answer, { status: 404, body: { code: 'ticket_not_found' } })
})

t.test('the role says otherwise: a full user who may change the status does', async (t) => {
  const { body: ticket } = await open(fullUser.key)
  await call('PATCH', '/v1/roles/full_user', { body: { changeable: ['subject', 'priority', 'dueAt', 'status'] } })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const solve = () => call('PATCH', `/v1/tickets/${ticket.id}`, { key: fullUser.key, body: { status: 'solved' } })
  t.match(await solve(), { status: 200, body: { status: 'solved' } })
  await call('PATCH', '/v1/roles/full_user', { body: { changeable: ['subject', 'priority', 'dueAt'] } })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  t.match(await solve(), { status: 403 })
})

t.test('a helpdesk user creates, replies and reads their own tickets, and knows no status', async (t) => {
  const { status, body: ticket } = await open(helpdesk.key)
  t.equal(status, 201)
  await call('PATCH', `/v1/tickets/${ticket.id}`, { key: agent.key, body: { status: 'solved' } })
  t.equal((await reply(ticket.id, helpdesk.key)).status, 201)
  t.match((await call('GET', `/v1/tickets/${ticket.id}`)).body, { statusCategory: 'open' }, 'a rule moved it')
  t.match(await call('PATCH', `/v1/tickets/${ticket.id}`, { key: helpdesk.key, body: { priority: 'low' } }), {
    status: 403,
  })
  const mine = (await call('GET', '/v1/tickets?limit=100', { key: helpdesk.key })).body.data
  t.ok(mine.length)
  t.ok(
    mine.every(({ requesterId }: Json) => requesterId === helpdesk.id),
    'only their own',
  )
  const { body: ofColleague } = await open(fullUser.key)
  t.match(await call('GET', `/v1/tickets/${ofColleague.id}`, { key: helpdesk.key }), { status: 404 })
})

t.test('one person has exactly one role', async (t) => {
  const path = `/v1/people/${stranger.id}`
  t.match(await call('PATCH', path, { body: { role: ['full_user', 'requester'] } }), { status: 422 })
  t.match(await call('PATCH', path, { body: { role: 'no_such_role' } }), {
    status: 422,
    body: { errors: [{ pointer: '/role', code: 'not_found' }] },
  })
  t.match((await call('GET', path)).body, { role: 'requester' })
})

/** Every order of four. */
function* orders<T>(all: readonly T[]): Generator<T[]> {
  if (!all.length) yield []
  for (const first of all) for (const rest of orders(all.filter((each) => each !== first))) yield [first, ...rest]
}

t.test('mail, API as a requester, API as a full user and agents meet on one ticket, in any order', async (t) => {
  await call('PATCH', `/v1/organizations/${acme.id}`, { body: { sharesTickets: true } })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const steps = {
    mail: async (id: string) => mail(noAccess.email, 'Re: mixed', await replyAddress(id, noAccess.email)),
    requester: (id: string) => reply(id, helpdesk.key),
    fullUser: (id: string) => reply(id, fullUser.key),
    agent: (id: string) => reply(id, agent.key),
  }
  const authors = { mail: noAccess.id, requester: helpdesk.id, fullUser: fullUser.id, agent: agent.id }
  const channels = { mail: 'email', requester: 'portal', fullUser: 'portal', agent: 'api' }
  const names = ['mail', 'requester', 'fullUser', 'agent'] as const
  let count = 0
  for (const order of orders(names)) {
    const first = ['mail', 'requester', 'fullUser', 'agent'][count++ % 4]
    const { id } =
      first === 'mail'
        ? { id: (await mail(noAccess.email, 'Mixed')).ticketId }
        : first === 'agent'
          ? (await post('/v1/tickets', { subject: 'x', body: 'x', requesterId: helpdesk.id }, agent.key)).body
          : (await open(first === 'requester' ? helpdesk.key : fullUser.key)).body
    for (const name of order) await steps[name](id)
    const messages = (await said(id)).slice(1)
    t.same(
      messages.map(({ authorId, channel, visibility, held }: Json) => [authorId, channel, visibility, held]),
      order.map((name) => [authors[name], channels[name], 'public', false]),
      `${first}: ${order.join(', ')}`,
    )
  }
  t.equal(count, 24)
  await call('PATCH', `/v1/organizations/${acme.id}`, { body: { sharesTickets: false } })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
})

t.test('a way that is switched off is closed at once, by every road, and nothing vanishes', async (t) => {
  const { body: mine } = await open(helpdesk.key)
  const { body: theirs } = await open(fullUser.key)
  const byMail = await mail(noAccess.email, 'Before')
  const address = await replyAddress(byMail.ticketId, noAccess.email)
  const outbound = async () => (await call('GET', '/v1/mail/outbound?includeTotal=true&limit=1')).body.total
  const change = () => call('PATCH', `/v1/tickets/${theirs.id}`, { key: fullUser.key, body: { priority: 'low' } })
  const closed = { status: 403, body: { code: 'way_closed' } }

  t.match(await ways({ apiRequester: { create: false } }), {
    status: 200,
    body: { apiRequester: { create: false, update: true } },
  })
  t.match(await open(helpdesk.key), closed)
  t.equal((await reply(mine.id, helpdesk.key)).status, 201)
  t.equal((await open(fullUser.key)).status, 201, 'the others are not concerned')
  await ways({ apiRequester: { create: true, update: false } })
  t.equal((await open(helpdesk.key)).status, 201)
  t.match(await reply(mine.id, helpdesk.key), closed)
  t.match(await reply(theirs.id, stranger.key), { status: 404 }, 'what is not seen is not told of')
  await ways({ apiRequester: { update: true }, apiFullUser: { create: false, update: false } })
  t.match(await open(fullUser.key), closed)
  t.match(await reply(theirs.id, fullUser.key), closed)
  t.match(await change(), closed)
  t.equal((await reply(theirs.id, agent.key)).status, 201, 'agents are no clients')
  await ways({ apiFullUser: { create: true, update: true } })
  t.equal((await change()).status, 200)

  const sent = await outbound()
  await ways({ mail: { create: false } })
  t.match(await mail(noAccess.email, 'Anew'), {
    verdict: 'ignored',
    ticketId: null,
    outcome: { reason: /may not open/ },
  })
  t.match(await mail('unknown@nowhere.example', 'Anew'), { verdict: 'ignored', ticketId: null })
  t.equal((await call('GET', '/v1/people?email=unknown@nowhere.example')).body.data.length, 0, 'nobody is added')
  t.match(await mail(noAccess.email, 'Re: Before', address), { verdict: 'message_added' })
  t.match(await mail(agent.email, 'From us'), { verdict: 'ticket_created' }, 'agents are no clients')
  const kept = (await mail(noAccess.email, 'Kept')).id
  t.equal((await post(`/v1/mail/inbound/${kept}/release`, {}, agent.key)).status, 200)
  await receiveMail({ desk: system, parser: app.parser, spool: app.spool, workerId: newId('job') })({
    inboundMailId: kept,
  })
  const { verdict } = (await call('GET', `/v1/mail/inbound/${kept}`)).body
  t.equal(verdict, 'ticket_created', 'an agent lets one in')
  const afterwards = await outbound()
  await ways({ mail: { create: true, update: false } })
  t.match(await mail(noAccess.email, 'Re: Before', address), {
    verdict: 'ignored',
    outcome: { reason: /may not update/ },
  })
  t.equal(await outbound(), afterwards, 'the sender is not answered')
  t.ok(afterwards >= sent)
  await ways({ mail: { update: true } })
  t.match(await mail(noAccess.email, 'Re: Before', address), { verdict: 'message_added' })
  t.match(await call('PATCH', '/v1/access-settings', { key: agent.key, body: { mail: { create: false } } }), {
    status: 403,
  })
})
