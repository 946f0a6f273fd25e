import t from 'tap'
import { Ticket } from '../src/domain/tickets/schema.ts'
import { startDesk } from './support/desk.ts'

const desk = await startDesk(t)
const { call, graphql, openTicket, person, rows } = desk

t.test('a ticket opened by REST reads the same by REST and by GraphQL', async (t) => {
  const opened = await openTicket({ tags: ['vip'], priority: 'high' })
  const read = await call('GET', `/v1/tickets/${opened.number}?include=messages,requester`)
  t.equal(read.status, 200)
  t.equal(read.headers.etag, '"1"')
  t.match(read.body, {
    id: opened.id,
    status: 'open',
    priority: 'high',
    tags: ['vip'],
    needsReaction: true,
    requester: { email: 'ruth@example.com' },
    messages: [{ bodyText: 'It burns.', visibility: 'public' }],
  })

  const { body } = await graphql(
    'query($id: ID!) { ticket(id: $id) { id number subject status tags requester { email } messages { bodyText visibility } } }',
    { id: opened.id },
  )
  t.same(body.errors, undefined)
  const { id, number, subject, status, tags } = read.body
  t.same(body.data.ticket, {
    id,
    number,
    subject,
    status,
    tags,
    requester: { email: 'ruth@example.com' },
    messages: [{ bodyText: 'It burns.', visibility: 'public' }],
  })
})

t.test('the same requester is one person, also for two first tickets at once', async (t) => {
  const email = 'twice@example.com'
  const opened = await Promise.all([1, 2, 3, 4].map(() => openTicket({ requester: { email: email.toUpperCase() } })))
  t.equal(new Set(opened.map(({ requesterId }) => requesterId)).size, 1)
  t.equal(new Set(opened.map(({ number }) => number)).size, 4)
})

t.test('of many agents who claim a ticket one gets it, and the others hear who has it', async (t) => {
  const agents = await Promise.all([1, 2, 3, 4, 5].map(() => person('agent')))
  const { id } = await openTicket()
  const claims = await Promise.all(agents.map(({ key }) => call('POST', `/v1/tickets/${id}/claim`, { key })))
  const won = claims.filter(({ status }) => status === 200)
  t.equal(won.length, 1)
  for (const lost of claims.filter(({ status }) => status !== 200))
    t.match(lost, { status: 409, body: { code: 'already_claimed', assigneeId: won[0]?.body.assigneeId } })
  const released = await call('POST', `/v1/tickets/${id}/release`)
  t.match(released, { status: 200, body: { assigneeId: null } })
  t.match(await call('POST', `/v1/tickets/${id}/release`), { status: 409, body: { code: 'not_claimed' } })
})

t.test('only people of the support team can be assigned', async (t) => {
  const [light, agent] = await Promise.all([person('light_agent'), person('agent')])
  const { id } = await openTicket()
  t.match(await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: light.id } }), {
    status: 422,
    body: { code: 'not_assignable' },
  })
  t.match(await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: agent.id } }), {
    status: 200,
    body: { assigneeId: agent.id, version: 2 },
  })
})

t.test('a change of other fields does not conflict, a change of the same field does', async (t) => {
  const { id } = await openTicket()
  const path = `/v1/tickets/${id}`
  t.match(await call('PATCH', path, { body: { priority: 'urgent' }, headers: { 'if-match': '"1"' } }), {
    status: 200,
    body: { version: 2 },
  })
  t.match(await call('PATCH', path, { body: { subject: 'Printer is out' }, headers: { 'if-match': '"1"' } }), {
    status: 200,
    body: { version: 3 },
  })
  const before = await rows()
  const stale = await call('PATCH', path, { body: { priority: 'low' }, headers: { 'if-match': '"1"' } })
  t.match(stale, { status: 412, body: { code: 'version_conflict', currentVersion: 3, fields: ['priority'] } })
  t.same(await rows(), before, 'nothing was written')
})

t.test('a reply moves the activity and is mailed, rules move the status; a note leaves no public trace', async (t) => {
  const ruth = await person('requester')
  const { id } = await openTicket({ requesterId: ruth.id })
  const seen = (await call('GET', `/v1/tickets/${id}`, { key: ruth.key })).body
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'She always says that. CANARY' } })
  t.same((await call('GET', `/v1/tickets/${id}`, { key: ruth.key })).body, seen, 'nothing shows that there is a note')
  t.notMatch((await call('GET', `/v1/tickets/${id}/messages`, { key: ruth.key })).text, /CANARY/)

  const reply = await call('POST', `/v1/tickets/${id}/replies`, {
    body: { body: 'Try **water**', format: 'markdown' },
  })
  t.match(reply, { status: 201, body: { visibility: 'public', bodyHtml: /<strong>water<\/strong>/ } })
  const after = (await call('GET', `/v1/tickets/${id}`)).body
  // a reply leaves them alone; a shipped rule does what it does in the open
  t.match(after, {
    status: 'waiting_on_customer',
    version: 2,
    needsReaction: false,
    firstRepliedAt: String,
    lastMessagePreview: String,
  })
  const { body: mails } = await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=reply`)
  t.match(mails.data, [
    {
      to: ruth.email,
      state: 'unrouted',
      ticketMessageId: reply.body.id,
      subject: `Re: Printer on fire #[${after.number}]`,
    },
  ])
  t.equal(mails.data.length, 1)

  await call('POST', `/v1/tickets/${id}/replies`, { key: ruth.key, body: { body: 'Thanks' } })
  t.match((await call('GET', `/v1/tickets/${id}`)).body, { needsReaction: true, status: 'waiting_on_agent' })
})

t.test("a stranger cannot tell another's ticket from one that does not exist", async (t) => {
  const [eve, ruth] = await Promise.all([person('requester'), person('requester')])
  const { id, number } = await openTicket({ requesterId: ruth.id })
  const missing = await call('GET', '/v1/tickets/tkt_00000000000000000000000000', { key: eve.key })
  for (const path of [
    `/v1/tickets/${id}`,
    `/v1/tickets/${number}`,
    `/v1/tickets/${id}/messages`,
    `/v1/tickets/${id}/conversations`,
  ]) {
    const hidden = await call('GET', path, { key: eve.key })
    t.same(
      [hidden.status, hidden.body.code, hidden.body.detail],
      [missing.status, missing.body.code, missing.body.detail],
      path,
    )
  }
  const before = await rows()
  for (const act of ['replies', 'notes', 'claim', 'release']) {
    const body = act === 'replies' || act === 'notes' ? { body: 'x' } : undefined
    t.match(
      await call('POST', `/v1/tickets/${id}/${act}`, { key: eve.key, ...(body ? { body } : {}) }),
      { status: 404, body: { code: 'ticket_not_found' } },
      act,
    )
  }
  t.same(await rows(), before, 'nothing was written')
  t.same((await call('GET', '/v1/tickets', { key: eve.key })).body.data, [])
})

t.test('a light agent reads and notes, but neither replies nor changes', async (t) => {
  const light = await person('light_agent')
  const { id } = await openTicket()
  t.equal((await call('GET', `/v1/tickets/${id}`, { key: light.key })).status, 200)
  t.equal((await call('POST', `/v1/tickets/${id}/notes`, { key: light.key, body: { body: 'Seen' } })).status, 201)
  t.match(await call('POST', `/v1/tickets/${id}/replies`, { key: light.key, body: { body: 'Hi' } }), {
    status: 403,
    body: { code: 'forbidden' },
  })
  t.match(await call('PATCH', `/v1/tickets/${id}`, { key: light.key, body: { priority: 'low' } }), { status: 403 })
})

t.test('lists filter, sort and page without skipping or repeating, forwards and back', async (t) => {
  const agent = await person('agent')
  const made = []
  for (let n = 0; n < 11; n++)
    made.push(await openTicket({ assigneeId: agent.id, priority: n % 2 ? 'high' : 'low', subject: `Page ${n}` }))
  const path = `/v1/tickets?assigneeId=${agent.id}&statusCategory=open&sort=-priority,-updatedAt&limit=4`
  const pages = []
  let next: string | null = ''
  while (next !== null) {
    const { body } = await call('GET', `${path}${next && `&after=${encodeURIComponent(next)}`}`)
    pages.push(body)
    next = body.nextCursor
  }
  const all = pages.flatMap(({ data }) => data.map(({ number }: { number: number }) => number))
  t.equal(new Set(all).size, 11)
  const expected = made
    .toSorted((a, b) => (a.priority === b.priority ? b.number - a.number : a.priority === 'high' ? -1 : 1))
    .map(({ number }) => number)
  t.same(all, expected)
  const back = await call('GET', `${path}&before=${encodeURIComponent(pages[2].prevCursor)}`)
  t.same(back.body.data, pages[1].data)
  t.match(
    await call('GET', `${path}&sort=priority&after=${encodeURIComponent(pages[0].nextCursor)}`),
    { status: 400 },
    'a parameter twice',
  )
  const other = await call('GET', `/v1/tickets?limit=4&after=${encodeURIComponent(pages[0].nextCursor)}`)
  t.match(other, { status: 400, body: { code: 'invalid_parameter' } }, 'a cursor belongs to its question')
  t.match(await call('GET', '/v1/tickets?asigneeId=me'), {
    status: 400,
    body: { code: 'invalid_parameter', didYouMean: 'assigneeId' },
  })
  t.match((await call('GET', `/v1/tickets?assigneeId=${agent.id}&includeTotal=true&limit=1`)).body, {
    total: 11,
    totalIsCapped: false,
  })
  t.match((await call('GET', `/v1/tickets?assigneeId=me`, { key: agent.key })).body.data.length, 11)
  t.same((await call('GET', `/v1/tickets?assigneeId=${agent.id}&fields=number&limit=1`)).body.data, [
    { number: made.at(-1).number },
  ])
})

t.test('a listed ticket has the members of the contract and no other, for each audience', async (t) => {
  const ruth = await person('requester')
  await openTicket({ requesterId: ruth.id })
  const members = Object.keys(Ticket.properties).sort()
  for (const key of [desk.key, ruth.key]) {
    const { body } = await call('GET', '/v1/tickets?limit=3&sort=-priority', { key })
    for (const row of body.data) t.same(Object.keys(row).sort(), members)
    const [row] = (await call('GET', '/v1/tickets?limit=1&include=requester', { key })).body.data
    t.same(Object.keys(row).sort(), [...members, 'requester'].sort())
    t.same(Object.keys((await call('GET', `/v1/tickets/${row.id}`, { key })).body).sort(), members)
  }
})

t.test('GraphQL lists page the same tickets as REST', async (t) => {
  const rest = (await call('GET', '/v1/tickets?limit=3&priority=high&sort=-createdAt')).body
  const query =
    'query($after: String) { tickets(first: 3, after: $after, filter: { priority: ["high"] }, sort: "-createdAt") { totalCount nodes { number } pageInfo { hasNextPage endCursor } } }'
  const { body } = await graphql(query)
  t.same(
    body.data.tickets.nodes,
    rest.data.map(({ number }: { number: number }) => ({ number })),
  )
  const second = await graphql(query, { after: body.data.tickets.pageInfo.endCursor })
  const restSecond = (
    await call('GET', `/v1/tickets?limit=3&priority=high&sort=-createdAt&after=${encodeURIComponent(rest.nextCursor)}`)
  ).body
  t.same(
    second.body.data.tickets.nodes,
    restSecond.data.map(({ number }: { number: number }) => ({ number })),
  )
})

t.test('a request repeated with its key has one effect and the same answer', async (t) => {
  const headers = { 'idempotency-key': 'open-once' }
  const body = { subject: 'Once', body: 'Only once', requester: { email: 'once@example.com' } }
  const first = await call('POST', '/v1/tickets', { body, headers })
  const before = await rows()
  const second = await call('POST', '/v1/tickets', {
    body: { requester: body.requester, body: body.body, subject: body.subject },
    headers,
  })
  t.match(second, {
    status: 201,
    body: first.body,
    headers: { 'idempotency-replayed': 'true', location: first.headers.location },
  })
  t.same(await rows(), before)
  t.match(await call('POST', '/v1/tickets', { body: { ...body, subject: 'Twice' }, headers }), {
    status: 422,
    body: { code: 'idempotency_key_reused' },
  })
  const agent = await person('agent')
  t.not(
    (await call('POST', '/v1/tickets', { key: agent.key, body, headers })).body.id,
    first.body.id,
    "another caller's key is another key",
  )

  const repeated = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(() =>
      call('POST', '/v1/tickets', { body: { ...body, subject: 'At once' }, headers: { 'idempotency-key': 'at-once' } }),
    ),
  )
  const ids = new Set(repeated.filter(({ status }) => status === 201).map(({ body }) => body.id))
  t.equal(ids.size, 1)
  for (const { status, body } of repeated)
    t.ok(status === 201 || (status === 409 && body.code === 'idempotency_in_progress'))
})

t.test('what happened is in the feed, in order, with its changes', async (t) => {
  const { id } = await openTicket()
  await call('PATCH', `/v1/tickets/${id}`, { body: { status: 'solved', addTags: ['done'] } })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Done', status: 'closed' } })
  await desk.app.relay.drain()
  let after = 0
  const events = []
  for (;;) {
    const { body } = await call('GET', `/v1/events?after=${after}&limit=100`)
    events.push(...body.data)
    if (!body.nextCursor) break
    after = Number(body.nextCursor)
  }
  t.same(
    events.map(({ sequence }) => sequence),
    events.map((_, n) => n + 1),
    'numbered without gaps',
  )
  const mine = events.filter(({ ticketId }) => ticketId === id)
  t.match(mine, [
    { type: 'ticket.opened', changes: {}, actor: { kind: 'person' } },
    { type: 'ticket.changed', changes: { status: { from: 'open', to: 'solved' }, tags: { from: [], to: ['done'] } } },
    { type: 'ticket.replied' },
    { type: 'ticket.changed', changes: { status: { from: 'solved', to: 'closed' } } },
  ])
  t.equal(mine.length, 4)
  t.match((await call('GET', `/v1/tickets/${id}`)).body, {
    status: 'closed',
    statusCategory: 'closed',
    solvedAt: String,
    closedAt: String,
  })
})

t.test('a reply with a file, repeated with its key, is answered again although the file is used', async (t) => {
  const { id } = await openTicket()
  const file = await call('POST', '/v1/attachments?filename=x.txt', {
    body: Buffer.from('x'),
    headers: { 'content-type': 'application/octet-stream' },
  })
  const reply = () =>
    call('POST', `/v1/tickets/${id}/replies`, {
      body: { body: 'See', attachmentIds: [file.body.id] },
      headers: { 'idempotency-key': 'with-file' },
    })
  const first = await reply()
  t.match(await reply(), { status: 201, body: first.body, headers: { 'idempotency-replayed': 'true' } })
  const { body: box } = await call('POST', '/v1/mailboxes', { body: { address: 'short-lived@kontor.localhost' } })
  for (const replayed of [undefined, 'true']) {
    const removed = await call('DELETE', `/v1/mailboxes/${box.id}`, { headers: { 'idempotency-key': 'remove-once' } })
    t.match([removed.status, removed.headers['idempotency-replayed']], [204, replayed])
  }
})

t.test("what is hidden does not use up a requester's latest messages", async (t) => {
  const ruth = await person('requester')
  const { id } = await openTicket({ requesterId: ruth.id })
  const latest = async () =>
    (await graphql(`{ ticket(id: "${id}") { messages(last: 1) { bodyText } } }`, {}, { key: ruth.key })).body.data
      .ticket.messages
  const before = await latest()
  t.equal(before.length, 1)
  for (let n = 0; n < 3; n++) await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'CANARY' } })
  t.same(await latest(), before)
})

t.test('a requester decides nothing that is for agents', async (t) => {
  const [ruth, agent] = await Promise.all([person('requester'), person('agent')])
  for (const more of [
    { assigneeId: agent.id },
    { assigneeId: 'per_nobody' },
    { teamId: 'tea_nobody' },
    { tags: ['x'] },
    { status: 'solved' },
    { dueAt: '2027-01-01T00:00:00Z' },
  ]) {
    const answer = await call('POST', '/v1/tickets', {
      key: ruth.key,
      body: { subject: 'Mine', body: 'Mine', ...more },
    })
    t.match(answer, { status: 403, body: { code: 'forbidden' } }, JSON.stringify(more))
  }
})

t.test('a moment is kept in UTC, whatever zone it came in, and one that is none is refused', async (t) => {
  const { id } = await openTicket({ dueAt: '2027-03-01T10:00:00+02:00' })
  t.match((await call('GET', `/v1/tickets/${id}`)).body, { dueAt: '2027-03-01T08:00:00.000Z', version: 1 })
  const same = await call('PATCH', `/v1/tickets/${id}`, { body: { dueAt: '2027-03-01T08:00:00Z' } })
  t.match(same.body, { dueAt: '2027-03-01T08:00:00.000Z', version: 1 }, 'the same moment changes nothing')
  t.match((await call('PATCH', `/v1/tickets/${id}`, { body: { dueAt: null } })).body, { dueAt: null, version: 2 })
  for (const dueAt of [
    '0000-01-01T00:00:00Z',
    '2027-03-01T08:00:00+01:00[Europe/Berlin]',
    '2027-13-01T00:00:00Z',
    '2027-03-01',
  ]) {
    t.match(await call('PATCH', `/v1/tickets/${id}`, { body: { dueAt } }), { status: 422 }, dueAt)
  }
  for (const moment of ['0000-01-01T00:00:00Z', 'tomorrow', '2027-13-01'])
    t.match(await call('GET', `/v1/tickets?createdAt[gte]=${encodeURIComponent(moment)}`), { status: 400 }, moment)
  t.equal((await call('GET', '/v1/tickets?createdAt[gte]=-1d&createdAt[lt]=2999-01-01')).status, 200)
})

t.test('a sort by what may be empty skips and repeats nothing', async (t) => {
  const agent = await person('agent')
  for (let n = 0; n < 7; n++)
    await openTicket({ assigneeId: agent.id, ...(n % 2 ? { dueAt: `2027-01-0${n}T00:00:00Z` } : {}) })
  for (const sort of ['dueAt', '-dueAt', '-dueAt,number', 'lastNoteAt,-number']) {
    const seen: number[] = []
    for (let next: string | null = ''; next !== null; ) {
      const path: string = `/v1/tickets?assigneeId=${agent.id}&limit=3&sort=${sort}${next && `&after=${encodeURIComponent(next)}`}`
      const { body } = await call('GET', path)
      seen.push(...body.data.map(({ number }: { number: number }) => number))
      next = body.nextCursor
    }
    t.equal(seen.length, 7, sort)
    t.equal(new Set(seen).size, 7, sort)
  }
})

t.test('many changes of the configuration at once are all seen', async (t) => {
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      call('POST', '/v1/mailboxes', { body: { address: `box${n}@kontor.localhost` } }),
    ),
  )
  for (const { body } of made) t.equal((await call('GET', `/v1/mailboxes/${body.id}`)).status, 200)
  const { body } = await call('GET', '/v1/mailboxes')
  const removed = await Promise.all(body.data.map(({ id }: { id: string }) => call('DELETE', `/v1/mailboxes/${id}`)))
  t.equal(
    removed.filter(({ status }) => status === 204).length,
    body.data.length - 1,
    'one stays, however many go at once',
  )
  await Promise.all(Array.from({ length: 20 }, (_, n) => call('GET', n % 2 ? '/v1/statuses' : '/v1/mailboxes')))
})
