import t from 'tap'
import { startDesk } from './support/desk.ts'

const { call, graphql, openTicket, person, rows } = await startDesk(t)

const open = 'mutation($input: OpenTicketInput!) { openTicket(input: $input) { id number subject } }'

t.test('a mutation does what its route does, and refuses with the same code', async (t) => {
  const input = { subject: 'By graph', body: 'Hello', requester: { email: 'graph@example.com' } }
  const { status, body } = await graphql(open, { input })
  t.equal(status, 200)
  t.match(body.data.openTicket, { subject: 'By graph', number: Number })
  t.match((await call('GET', `/v1/tickets/${body.data.openTicket.id}`)).body, { subject: 'By graph', channel: 'api' })

  const before = await rows()
  for (const [wrong, code] of [
    [{ ...input, priority: 'nonsense' }, 'invalid_input'],
    [{ ...input, subject: '' }, 'invalid_input'],
    [{ ...input, requester: undefined, requesterId: 'per_nobody' }, 'invalid_input'],
    [{ ...input, assigneeId: (await person('light_agent')).id }, 'not_assignable'],
  ] as const) {
    const rest = await call('POST', '/v1/tickets', { body: wrong })
    const graph = await graphql(open, { input: wrong })
    t.match(graph.body.errors, [{ path: ['openTicket'], extensions: { code, status: rest.status, requestId: String } }])
    t.same(graph.body.errors[0].extensions.errors, rest.body.errors)
    t.equal(graph.body.data, null)
  }
  const { people: _p, person_emails: _e, api_keys: _k, events: _v, idempotency_keys: _i, ...after } = await rows()
  t.match(before, after, 'nothing was written but the person of this test')
})

t.test('a stale version, a hidden ticket and a missing right are told as in REST', async (t) => {
  const [eve, light] = await Promise.all([person('requester'), person('light_agent')])
  const { id } = await openTicket()
  const change = 'mutation($input: ChangeTicketInput!) { changeTicket(input: $input) { version } }'
  t.match(
    (await graphql(change, { input: { ticketId: id, priority: 'high', expectedVersion: 1 } })).body.data.changeTicket,
    { version: 2 },
  )
  const stale = await graphql(change, { input: { ticketId: id, priority: 'low', expectedVersion: 1 } })
  t.match(stale.body.errors[0].extensions, {
    code: 'version_conflict',
    status: 412,
    currentVersion: 2,
    fields: ['priority'],
  })
  t.match(
    (await graphql(change, { input: { ticketId: id, priority: 'low' } }, { key: eve.key })).body.errors[0].extensions,
    { code: 'ticket_not_found', status: 404 },
  )
  t.match(
    (await graphql(change, { input: { ticketId: id, priority: 'low' } }, { key: light.key })).body.errors[0].extensions,
    { code: 'forbidden', status: 403 },
  )
  t.same(
    (await graphql(`{ ticket(id: "${id}") { id } }`, {}, { key: eve.key })).body.data,
    { ticket: null },
    'what is hidden is null',
  )
  t.match(await graphql('{ me { id } }', {}, { key: 'nobody' }), { status: 401, body: { code: 'unauthenticated' } })
})

t.test('a mutation repeated with its key has one effect; a document with two takes no key', async (t) => {
  const headers = { 'idempotency-key': 'graph-once' }
  const input = { subject: 'Once', body: 'Hello', requester: { email: 'graph@example.com' } }
  const first = await graphql(open, { input }, { headers })
  const second = await graphql(open, { input }, { headers })
  t.same(second.body.data, first.body.data)
  t.equal(second.headers['idempotency-replayed'], 'true')
  t.match((await graphql(open, { input: { ...input, subject: 'Other' } }, { headers })).body.errors[0].extensions, {
    code: 'idempotency_key_reused',
  })
  const two =
    'mutation($input: OpenTicketInput!) { a: openTicket(input: $input) { id } b: openTicket(input: $input) { id } }'
  t.match(await graphql(two, { input }, { headers: { 'idempotency-key': 'two' } }), {
    status: 400,
    body: { errors: [{ extensions: { code: 'invalid_parameter' } }] },
  })
})

t.test('a document beyond the limits is refused before anything is read', async (t) => {
  for (const [name, query] of [
    ['aliases', `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: __typename`).join(' ')} }`],
    ['ten thousand aliases', `{ ${Array.from({ length: 8_000 }, (_, n) => `a${n}: me{id}`).join(' ')} }`],
    ['root fields', `{ ${Array.from({ length: 21 }, () => '__typename').join(' ')} }`],
    ['directives', `{ me { id ${'@include(if: true) '.repeat(51)} } }`],
    ['fragments', `{ me { id } } ${Array.from({ length: 51 }, (_, n) => `fragment f${n} on Person { id }`).join(' ')}`],
    ['a cycle of fragments', '{ me { ...a } } fragment a on Person { ...b } fragment b on Person { ...a }'],
    ['cost', '{ tickets(first: 100) { nodes { messages(last: 100) { author { id } } } } }'],
    ['a length out of bounds', '{ tickets(first: 100000) { nodes { id } } }'],
  ] as const) {
    const { status, body } = await graphql(query)
    t.ok(status === 400 || status === 413, `${name}: ${status}`)
    t.ok(
      ['graphql_invalid', 'payload_too_large', 'invalid_input'].includes(
        body.errors?.[0]?.extensions.code ?? body.code,
      ),
      name,
    )
    t.equal(body.data, undefined, name)
  }
  t.equal(
    (
      await graphql(
        `{ ${Array.from({ length: 30 }, (_, n) => `a${n}: __typename`)
          .slice(0, 20)
          .join(' ')} }`,
      )
    ).status,
    200,
  )
  t.equal((await graphql(' '.repeat(110_000))).status, 413)
  const cost = await graphql(
    '{ tickets(first: 20) { nodes { requester { id } assignee { id } messages(last: 5) { id } } } }',
  )
  t.ok(cost.body.extensions.cost > 20 && cost.body.extensions.cost < 1_000, `costs ${cost.body.extensions.cost}`)
})

t.test('only POST and JSON are taken, and an answer tells nothing of the inside', async (t) => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
  ]) {
    t.match(
      await call('POST', '/graphql', { body: '{"query":"{ __typename }"}', headers: { 'content-type': type } }),
      { status: 415 },
      type,
    )
  }
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
    t.match(
      await call(method, '/graphql?query={__typename}'),
      { status: 405, body: { code: 'method_not_allowed' }, headers: { allow: 'POST' } },
      method,
    )
  }
  for (const query of [
    '{',
    '{ nonsense }',
    '{ ticket }',
    'query($x: Nope) { me { id } }',
    '{ me { id { x } } }',
    'subscription { x }',
    '',
  ]) {
    const { text, body } = await graphql(query)
    t.notMatch(text, /node_modules|at .*\.[jt]s:|select .* from/i)
    t.match(body.errors[0].extensions, { code: 'graphql_invalid' }, query)
  }
  t.match(
    (await call('POST', '/graphql', { body: [{ query: '{ me { id } }' }] })).body.errors[0].extensions,
    { code: 'graphql_invalid' },
    'no batches',
  )
  const accept = { accept: 'application/graphql-response+json' }
  t.match(await graphql('{ nonsense }', {}, { headers: accept }), {
    status: 400,
    headers: { 'content-type': 'application/graphql-response+json; charset=utf-8' },
  })
})
