import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Compile } from 'typebox/compile'
import { indexTexts } from '../src/domain/search/index-texts.ts'
import { startDesk } from './support/desk.ts'

// Typed custom fields: what each takes, who sees and sets it, and that what is for agents only leaves no trace for requesters.

const desk = await startDesk(t)
const { call, db, graphql, openTicket, person, receive, rows } = desk
await desk.withoutRules()
await db.script(`insert into types (key, name, position, enabled, default_status, default_priority)
  values ('incident', 'Incident', 2, true, 'open', 'high'); update versions set vocabulary = vocabulary + 1`)

const agent = await person('agent')
const light = await person('light_agent')
const ruth = await person('requester', 'ruth@example.com')
const eve = await person('requester', 'eve@example.com')

const add = (body: Record<string, unknown>) => call('POST', '/v1/fields', { body })
const change = (key: string, body: Record<string, unknown>) => call('PATCH', `/v1/fields/${key}`, { body })
const patch = (id: string, fields: unknown, key = agent.key) =>
  call('PATCH', `/v1/tickets/${id}`, { body: { fields }, key })
const found = async (query: string, key = agent.key): Promise<number[]> => {
  const { status, body, text } = await call('GET', `/v1/tickets?limit=100&${query}`, { key })
  if (status !== 200) throw new Error(text)
  return body.data.map(({ number }: { number: number }) => number)
}

const colours = [
  { key: 'red', name: 'Red' },
  { key: 'green', name: 'Green' },
  { key: 'blue', name: 'Blue' },
]
const definitions: Record<string, unknown>[] = [
  {
    key: 'serial_number',
    name: 'Serial number',
    type: 'text',
    minLength: 2,
    maxLength: 10,
    visibility: 'requesters',
    editing: 'requesters',
  },
  { key: 'seats', name: 'Seats', type: 'integer', minimum: 1, maximum: 500, visibility: 'requesters' },
  { key: 'cost', name: 'Cost', type: 'decimal', minimum: 0 },
  { key: 'urgent_call', name: 'Call back', type: 'boolean', visibility: 'requesters', editing: 'requesters' },
  { key: 'bought_on', name: 'Bought on', type: 'date', visibility: 'requesters', editing: 'requesters' },
  { key: 'outage_at', name: 'Outage', type: 'datetime' },
  { key: 'colour', name: 'Colour', type: 'select', options: colours, visibility: 'requesters', editing: 'requesters' },
  { key: 'parts', name: 'Parts', type: 'multiselect', options: colours },
  { key: 'manual', name: 'Manual', type: 'url' },
  { key: 'expert', name: 'Expert', type: 'person' },
  { key: 'contact', name: 'Contact', type: 'person', visibility: 'requesters', editing: 'requesters' },
]
for (const definition of definitions) {
  const { status, text } = await add(definition)
  if (status !== 201) throw new Error(text)
}
const hidden = ['cost', 'outage_at', 'parts', 'manual', 'expert']

t.test('each type takes its values, in one form', async (t) => {
  const { id } = await openTicket()
  const table: [string, unknown, unknown?][] = [
    ['serial_number', 'AB 12 😀'],
    ['seats', 30],
    ['cost', 12.5],
    ['cost', -0, 0],
    ['urgent_call', false],
    ['bought_on', '2024-02-29'],
    ['outage_at', '2026-11-22T13:00:00+01:00', '2026-11-22T12:00:00.000Z'],
    ['colour', 'green'],
    ['parts', ['blue', 'red'], ['red', 'blue']],
    ['manual', 'https://example.com/a?b=c#d'],
    ['expert', agent.id],
  ]
  for (const [key, given, kept = given] of table) {
    const answer = await patch(id, { [key]: given })
    t.equal(answer.status, 200, `${key} = ${given}: ${answer.text.slice(0, 200)}`)
    t.same(answer.body.fields[key], kept, key)
    t.same((await call('GET', `/v1/tickets/${id}`)).body.fields[key], kept, `${key}, read again`)
    t.equal((await patch(id, { [key]: given })).body.version, answer.body.version, 'the same again changes nothing')
  }
})

t.test('what is none of its values is refused at its place, and nothing is written', async (t) => {
  const { id } = await openTicket({ fields: { seats: 3 } }, agent.key).catch(() => openTicket())
  const before = await rows()
  const table: [string, unknown, string][] = [
    ['serial_number', 'A', 'minLength'],
    ['serial_number', 'x'.repeat(11), 'maxLength'],
    ['serial_number', 7, 'type'],
    ['serial_number', '', 'minLength'],
    ['serial_number', ['AB'], 'type'],
    ['seats', 0, 'minimum'],
    ['seats', 501, 'maximum'],
    ['seats', 1.5, 'type'],
    ['seats', '3', 'type'],
    ['cost', -0.01, 'minimum'],
    ['cost', 1e300, 'maximum'],
    ['cost', '1', 'type'],
    ['urgent_call', 'true', 'type'],
    ['urgent_call', 1, 'type'],
    ['bought_on', '2026-02-30', 'date'],
    ['bought_on', '2026-2-3', 'date'],
    ['bought_on', '0000-01-01', 'date'],
    ['bought_on', '2026-11-22T00:00:00Z', 'date'],
    ['outage_at', '2026-11-22', 'date-time'],
    ['outage_at', '2026-11-22T25:00:00Z', 'date-time'],
    ['colour', 'yellow', 'not_found'],
    ['colour', ['red'], 'type'],
    ['parts', 'red', 'type'],
    ['parts', ['red', 'red'], 'uniqueItems'],
    ['parts', ['red', 'yellow'], 'not_found'],
    ['parts', [], 'minItems'],
    ['manual', 'javascript:alert(1)', 'uri'],
    ['manual', 'ftp://example.com', 'uri'],
    ['manual', 'https://user:secret@example.com/', 'uri'],
    ['manual', 'https://', 'uri'],
    ['expert', 'per_00000000000000000000000000', 'not_found'],
    ['expert', id, 'not_found'],
    ['expert', { id }, 'type'],
    ['serial_nummer', 'AB', 'unknown'],
    ['constructor', 'AB', 'unknown'],
    ['a/b~c', 'AB', 'unknown'],
  ]
  for (const [key, value, code] of table) {
    const pointer = `/fields/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const expected = { status: 422, body: { code: 'invalid_input', errors: [{ pointer, code }] } }
    t.match(await patch(id, { [key]: value }), expected, `${key} = ${JSON.stringify(value).slice(0, 40)}`)
    const opening = { subject: 'x', body: 'x', requester: { email: 'ruth@example.com' }, fields: { [key]: value } }
    t.match(await call('POST', '/v1/tickets', { body: opening }), expected, `${key}, on opening`)
  }
  t.match((await patch(id, { serial_nummer: 'AB', colour: 'gren', seats: 0 })).body, {
    didYouMean: 'serial_number',
    errors: [
      { pointer: '/fields/serial_nummer', didYouMean: 'serial_number' },
      { pointer: '/fields/colour', didYouMean: 'green' },
      { pointer: '/fields/seats' },
    ],
  })
  t.match(await patch(id, [1]), { status: 422, body: { errors: [{ pointer: '/fields' }] } })
  t.match(await patch(id, null), { status: 422, body: { errors: [{ pointer: '/fields' }] } })
  t.same(await rows(), before)
})

t.test('a change is a merge: null takes away, what is not named stays, and events tell each field', async (t) => {
  const ticket = await openTicket({ fields: { serial_number: 'AB12', seats: 3, cost: null } })
  t.same(ticket.fields, { serial_number: 'AB12', seats: 3 })
  const { body } = await patch(ticket.id, { seats: 4, cost: 9.5, serial_number: null, colour: null })
  t.same(body.fields, { seats: 4, cost: 9.5 })
  t.equal(body.version, ticket.version + 1)
  const { rows: told } = await db.query<{ changes: object; facts: { before: object; ticket: { fields: object } } }>({
    text: `select changes, facts from events where ticket_id = $1 and type = 'ticket.changed'`,
    values: [ticket.id],
  })
  t.same(
    told.map(({ changes }) => changes),
    [
      {
        'fields.cost': { from: null, to: 9.5 },
        'fields.seats': { from: 3, to: 4 },
        'fields.serial_number': { from: 'AB12', to: null },
      },
    ],
  )
  t.match(told[0]?.facts, { before: { fields: { serial_number: 'AB12', seats: 3 } }, ticket: { fields: { seats: 4 } } })
})

t.test('a version conflict is about single fields', async (t) => {
  const { id, version } = await openTicket()
  await patch(id, { seats: 2 })
  const headers = { 'if-match': `"${version}"` }
  const conflict = await call('PATCH', `/v1/tickets/${id}`, { body: { fields: { seats: 3 } }, headers })
  t.match(conflict, { status: 412, body: { fields: ['fields.seats'], errors: [{ pointer: '/fields/seats' }] } })
  t.equal((await call('PATCH', `/v1/tickets/${id}`, { body: { fields: { cost: 3 } }, headers })).status, 200)
})

t.test('requesters see and set what the definition lets them; the rest does not exist for them', async (t) => {
  const mine = await openTicket({ fields: { serial_number: 'AB12', urgent_call: true } }, ruth.key)
  t.same(mine.fields, { serial_number: 'AB12', urgent_call: true })
  await patch(mine.id, { cost: 3, seats: 7, parts: ['red'], manual: 'https://example.com/secret', expert: agent.id })
  while ((await desk.system.execute(indexTexts, {})).more);
  const seen = { serial_number: 'AB12', urgent_call: true, seats: 7 }
  const path = `/v1/tickets/${mine.id}`
  t.same((await call('GET', path, { key: ruth.key })).body.fields, seen)
  t.same((await call('GET', `${path}?include=messages`, { key: ruth.key })).body.fields, seen)
  t.same((await call('GET', `/v1/tickets?number=${mine.number}`, { key: ruth.key })).body.data[0].fields, seen)
  for (const query of ['burns', 'is:open'])
    t.same(
      (await call('POST', '/v1/tickets/search', { body: { query }, key: ruth.key })).body.data[0].fields,
      seen,
      query,
    )
  const graph = `{ ticket(id: "${mine.id}") { fields } node(id: "${mine.id}") { ... on Ticket { fields } } tickets(first: 1) { nodes { fields } } }`
  t.same((await graphql(graph, {}, { key: ruth.key })).body.data, {
    ticket: { fields: seen },
    node: { fields: seen },
    tickets: { nodes: [{ fields: seen }] },
  })
  t.same((await patch(mine.id, { colour: 'red' }, ruth.key)).body.fields, { ...seen, colour: 'red' })
  t.same((await call('GET', path, { key: light.key })).body.fields.cost, 3, 'who works here reads all')

  for (const key of hidden) {
    t.match(await call('GET', `/v1/fields/${key}`, { key: ruth.key }), {
      status: 404,
      body: { code: 'field_not_found' },
    })
    const like = async (name: string) => {
      const answers = [
        await call('GET', `/v1/tickets?fields.${name}=red`, { key: ruth.key }),
        await call('GET', `/v1/tickets?sort=fields.${name}`, { key: ruth.key }),
        await call('POST', '/v1/tickets/search', { body: { query: `fields.${name}:red` }, key: ruth.key }),
        await call('POST', '/v1/tickets/search', {
          body: { condition: { field: `fields.${name}`, op: 'present' } },
          key: ruth.key,
        }),
        await call('PATCH', path, { body: { fields: { [name]: 'red' } }, key: ruth.key }),
        await call('POST', '/v1/tickets', {
          body: { subject: 'x', body: 'x', fields: { [name]: 'red' } },
          key: ruth.key,
        }),
      ]
      return answers.map(({ status, body: { requestId: _, ...body } }) =>
        JSON.stringify([status, body])
          .replaceAll(name, '…')
          .replace(/"position":\d+/, ''),
      )
    }
    t.same(await like(key), await like('q'.repeat(key.length)), `${key} is as unknown as one that is not there`)
  }
  const { data } = (await call('GET', '/v1/fields', { key: ruth.key })).body
  t.notOk(data.some(({ key }: { key: string }) => hidden.includes(key)))
  const language = (await call('GET', '/v1/conditions', { key: ruth.key })).text
  t.match(language, /fields\.serial_number/)
  for (const key of hidden) t.notMatch(language, `fields.${key}`)
})

t.test('what requesters see but do not set is refused by its own code, and so is everything of others', async (t) => {
  const { id } = await openTicket({}, ruth.key)
  const before = await rows()
  const readOnly = { status: 422, body: { errors: [{ pointer: '/fields/seats', code: 'read_only' }] } }
  t.match(await patch(id, { seats: 3 }, ruth.key), readOnly)
  t.match(await patch(id, { seats: null }, ruth.key), readOnly)
  t.match(
    await call('POST', '/v1/tickets', { body: { subject: 'x', body: 'x', fields: { seats: 3 } }, key: ruth.key }),
    readOnly,
  )
  t.match(await patch(id, { serial_number: 'XX' }, eve.key), { status: 404, body: { code: 'ticket_not_found' } })
  t.match(await patch(id, { serial_number: 'XX' }, light.key), { status: 403 })
  t.match(await patch(id, { contact: agent.id }, ruth.key), {
    status: 422,
    body: { errors: [{ pointer: '/fields/contact', code: 'not_found' }] },
  })
  const more = { fields: { serial_number: 'XX' }, priority: 'urgent' }
  t.match(await call('PATCH', `/v1/tickets/${id}`, { body: more, key: ruth.key }), { status: 403 })
  t.same(await rows(), before)
  t.match(await patch(id, { contact: ruth.id }, ruth.key), { status: 200, body: { fields: { contact: ruth.id } } })
})

t.test('mass assignment: no other write takes fields, and none takes those that its actor may not set', async (t) => {
  const { id } = await openTicket({ fields: { cost: 1 } })
  const mine = await openTicket({}, ruth.key)
  const values: Record<string, unknown> = { cost: 2, outage_at: '2026-11-22T12:00:00Z', parts: ['red'], manual: 'https://x.example', expert: ruth.id, seats: 9 } // biome-ignore format: one of each
  const before = await rows()
  const kept = (await call('GET', `/v1/tickets/${mine.id}`)).body
  for (const [key, value] of Object.entries(values)) {
    const fields = { serial_number: 'AB12', [key]: value }
    const pointer = `/fields/${key}`
    const refused = { status: 422, body: { errors: [{ pointer }] } }
    t.match(await patch(mine.id, fields, ruth.key), refused)
    t.match(await call('POST', '/v1/tickets', { body: { subject: 'x', body: 'x', fields }, key: ruth.key }), refused)
    for (const [name, input] of [
      ['changeTicket', { ticketId: mine.id, fields }],
      ['openTicket', { subject: 'x', body: 'x', fields }],
    ] as const) {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input!`
      const mutation = `mutation ($input: ${type}) { ${name}(input: $input) { id } }`
      const { body } = await graphql(mutation, { input }, { key: ruth.key })
      t.match(body.errors, [{ extensions: { code: 'invalid_input', errors: [{ pointer }] } }], `${name} by GraphQL`)
    }
    for (const [method, path, body] of [
      ['PUT', 'assignment', { assigneeId: agent.id }],
      ['POST', 'claim', {}],
      ['POST', 'release', {}],
      ['POST', 'replies', { body: 'x' }],
      ['POST', 'notes', { body: 'x' }],
      ['POST', 'followers', { personId: eve.id }],
    ] as const)
      t.match(
        await call(method, `/v1/tickets/${id}/${path}`, { body: { ...body, fields: { [key]: value } } }),
        { status: 422, body: { errors: [{ pointer: '/fields', code: 'unknown' }] } },
        `${path} with ${key}`,
      )
  }
  t.same(await rows(), before)
  t.same((await call('GET', `/v1/tickets/${mine.id}`)).body, kept, 'nothing changed')
})

t.test('a change of what is for agents only leaves no trace for requesters; a public one does', async (t) => {
  const { id } = await openTicket({}, ruth.key)
  const seen = () => call('GET', `/v1/tickets/${id}`, { key: ruth.key })
  const first = await seen()
  const changed = await patch(id, { cost: 3 })
  t.equal(changed.body.version, 2)
  const second = await seen()
  t.same(second.body, first.body)
  t.equal(second.headers.etag, first.headers.etag)
  await patch(id, { cost: 4, seats: 3 })
  const third = await seen()
  t.equal(third.body.version, first.body.version + 1)
  t.ok(third.body.updatedAt > first.body.updatedAt)

  const headers = (version: number) => ({ 'if-match': `"${version}"` })
  const mine = (version: number) =>
    call('PATCH', `/v1/tickets/${id}`, {
      body: { fields: { colour: 'red' } },
      key: ruth.key,
      headers: headers(version),
    })
  t.match(await mine(first.body.version), {
    status: 412,
    body: { currentVersion: third.body.version, fields: ['fields.colour'] },
  })
  t.match(await mine(third.body.version), { status: 200, body: { version: third.body.version + 1 } })
  const whole = (await call('GET', `/v1/tickets/${id}`)).body
  t.match(whole, { needsReaction: true, lastActivityBy: ruth.id, version: 4 }, 'the requester has acted')
})

t.test('a definition is refused where it makes no sense, with every fault at its place', async (t) => {
  const before = await rows()
  const base = { key: 'wrong', name: 'Wrong', type: 'text' }
  const table: [Record<string, unknown>, string[]][] = [
    [{ options: colours }, ['/options']],
    [{ minimum: 1, maximum: 2 }, ['/minimum', '/maximum']],
    [{ minLength: 5, maxLength: 4 }, ['/maxLength']],
    [{ maxLength: 0 }, ['/maxLength']],
    [{ editing: 'requesters' }, ['/editing']],
    [{ types: ['ticket', 'no_type'] }, ['/types/1']],
    [{ defaultValue: 7 }, ['/defaultValue']],
    [{ type: 'integer', minimum: 0.5, maximum: 0 }, ['/minimum', '/maximum']],
    [{ type: 'integer', minLength: 3 }, ['/minLength']],
    [{ type: 'integer', maximum: 3, defaultValue: 4 }, ['/defaultValue']],
    [{ type: 'select' }, ['/options']],
    [{ type: 'select', options: [{ key: 'a', name: 'A', retired: true }] }, ['/options']],
    [{ type: 'select', options: [...colours, { key: 'red', name: 'Other' }] }, ['/options/3/key']],
    [{ type: 'select', options: colours, defaultValue: 'yellow' }, ['/defaultValue']],
    [{ type: 'person', defaultValue: 'per_00000000000000000000000000' }, ['/defaultValue']],
    [{ type: 'colour' }, ['/type']],
    [{ key: 'Wrong Key' }, ['/key']],
    [{ key: 'constructor' }, ['/key']],
  ]
  for (const [members, pointers] of table) {
    const { status, body } = await add({ ...base, ...members })
    t.equal(status, 422, JSON.stringify(members))
    t.same(
      body.errors.map(({ pointer }: { pointer: string }) => pointer),
      pointers,
      JSON.stringify(members),
    )
  }
  t.match(await add({ key: 'cost', name: 'Again', type: 'text' }), { status: 409, body: { code: 'field_taken' } })
  t.match(await change('cost', { type: 'text' }), {
    status: 422,
    body: { errors: [{ pointer: '/type', code: 'unknown' }] },
  })
  t.match(await change('seats', { editing: 'requesters', visibility: 'agents' }), { status: 422 })
  t.match(await change('no_such', { name: 'x' }), { status: 404, body: { code: 'field_not_found' } })
  for (const { key } of [agent, light])
    for (const [method, path, body] of [
      ['POST', '/v1/fields', base],
      ['PATCH', '/v1/fields/cost', { name: 'x' }],
      ['DELETE', '/v1/fields/cost', undefined],
    ] as const)
      t.match(await call(method, path, { ...(body ? { body } : {}), key }), { status: 403 }, `${method} is for admins`)
  t.match(await call('PATCH', '/v1/fields/cost', { body: { name: 'x' }, key: ruth.key }), { status: 404 })
  t.same(await rows(), before)
})

t.test('a definition is changed, versioned, and told', async (t) => {
  await add({ key: 'room', name: 'Room', type: 'text' })
  const { body, headers } = await change('room', { name: 'Office', maxLength: 5 })
  t.match(body, { name: 'Office', maxLength: 5, version: 2 })
  t.equal(headers.etag, '"2"')
  t.match(await call('PATCH', '/v1/fields/room', { body: { name: 'Cell' }, headers: { 'if-match': '"1"' } }), {
    status: 412,
  })
  t.match(await call('PATCH', '/v1/fields/room', { body: { position: 5 }, headers: { 'if-match': '"1"' } }), {
    status: 200,
  })
  t.equal((await change('room', { name: 'Office' })).body.version, 3, 'the same again changes nothing')
  const { id } = await openTicket({ fields: { room: 'B 204' } })
  await change('room', { maxLength: 3 })
  t.match((await call('GET', `/v1/tickets/${id}`)).body, { fields: { room: 'B 204' } }, 'what is there stays')
  t.match(await patch(id, { room: 'B 205' }), { status: 422 })
  const { rows: told } = await db.query<{ type: string; version: number }>({
    text: `select type, object_version as version from events where object_type = 'field' and object_id = 'room' order by id`,
    values: [],
  })
  t.same(told, [
    { type: 'field.added', version: 1 },
    { type: 'field.changed', version: 2 },
    { type: 'field.changed', version: 3 },
    { type: 'field.changed', version: 4 },
  ])
})

t.test('what is retired stays readable, and is not set any more', async (t) => {
  await add({ key: 'floor', name: 'Floor', type: 'select', options: colours })
  const { id, number } = await openTicket({ fields: { floor: 'green' } })
  const { body } = await change('floor', { options: [{ key: 'blue', name: 'Azure' }, { key: 'grey', name: 'Grey' }] }) // biome-ignore format: two options
  t.same(body.options, [
    { key: 'blue', name: 'Azure', retired: false },
    { key: 'grey', name: 'Grey', retired: false },
    { key: 'red', name: 'Red', retired: true },
    { key: 'green', name: 'Green', retired: true },
  ])
  t.match(await patch(id, { floor: 'red' }), { status: 422, body: { errors: [{ code: 'retired' }] } })
  t.same(await found('fields.floor=green'), [number], 'and is found')
  t.equal((await call('DELETE', '/v1/fields/floor')).status, 204)
  t.equal((await call('DELETE', '/v1/fields/floor')).status, 204, 'twice is once')
  t.match(await patch(id, { floor: 'blue' }), { status: 422, body: { errors: [{ code: 'retired' }] } })
  t.match((await call('GET', `/v1/tickets/${id}`)).body.fields, { floor: 'green' })
  t.same(await found('fields.floor=green'), [number])
  t.match(await add({ key: 'floor', name: 'Floor', type: 'integer' }), { status: 409 }, 'its key is never used again')
  t.match((await call('GET', '/v1/fields/floor')).body, { retired: true })
  t.match(await patch(id, { floor: null }), { status: 200 }, 'null takes it away')
  t.match(await change('floor', { retired: false }), { status: 200 })
  t.match(await patch(id, { floor: 'blue' }), { status: 200 }, 'it came back')
})

t.test('a type has its own form: fields, what must be given, and defaults', async (t) => {
  await add({ key: 'impact', name: 'Impact', type: 'select', options: colours, types: ['incident'], required: true, visibility: 'requesters', editing: 'requesters' }) // biome-ignore format: one field
  await add({ key: 'cause', name: 'Cause', type: 'text', types: ['incident'], required: true })
  await add({
    key: 'origin',
    name: 'Origin',
    type: 'text',
    types: ['incident'],
    defaultValue: 'unknown',
    required: true,
  })
  const open = (members: object, key = agent.key) =>
    call('POST', '/v1/tickets', {
      body: {
        subject: 'x',
        body: 'x',
        type: 'incident',
        ...(key === agent.key ? { requester: { email: 'ruth@example.com' } } : {}),
        ...members,
      },
      key,
    })
  const missing = (...keys: string[]) => ({
    status: 422,
    body: { errors: keys.map((key) => ({ pointer: `/fields/${key}`, code: 'missing' })) },
  })
  t.match(await open({}), missing('impact', 'cause'))
  t.match(await open({ fields: { cause: null, impact: 'red' } }), missing('cause'))
  t.match(await open({}, ruth.key), missing('impact'), 'requesters are asked for what they may set')
  t.match(await open({ fields: { impact: 'red' } }, ruth.key), { status: 201, body: { fields: { impact: 'red' } } })
  const { status, body } = await open({ fields: { impact: 'red', cause: 'fire' } })
  t.equal(status, 201)
  t.same(body.fields, { impact: 'red', cause: 'fire', origin: 'unknown' })
  t.match(await patch((await openTicket()).id, { cause: 'fire' }), {
    status: 422,
    body: { errors: [{ code: 'not_allowed' }] },
  })
  const other = await openTicket()
  const changed = await call('PATCH', `/v1/tickets/${other.id}`, {
    body: { type: 'incident', fields: { cause: 'fire' } },
  })
  t.match(changed, { status: 200, body: { fields: { cause: 'fire' } } }, 'the type that it becomes counts')
  const back = await call('PATCH', `/v1/tickets/${other.id}`, { body: { type: 'ticket' } })
  t.match(back.body.fields, { cause: 'fire' }, 'values stay')
})

t.test('a ticket that comes by mail has the defaults, and is not asked for more', async (t) => {
  await add({
    key: 'source',
    name: 'Source',
    type: 'select',
    options: colours,
    defaultValue: 'blue',
    visibility: 'requesters',
  })
  await add({ key: 'by_agents', name: 'By agents', type: 'boolean', required: true, types: ['ticket'] })
  const { ticketId } = await receive(
    'From: ruth@example.com\nTo: support@kontor.localhost\nSubject: By mail\n\nHello\n',
  )
  t.same((await call('GET', `/v1/tickets/${ticketId}`)).body.fields, { source: 'blue' })
  await call('DELETE', '/v1/fields/by_agents')
  await change('source', { defaultValue: null })
  t.same((await openTicket()).fields, {})
})

t.test('the values of one ticket have a limit in all', async (t) => {
  const keys = Array.from({ length: 20 }, (_, n) => `long_${n}`)
  for (const key of keys) await add({ key, name: key, type: 'text' })
  const { id } = await openTicket()
  const long = Object.fromEntries(keys.map((key) => [key, 'x'.repeat(2_000)]))
  t.match(await patch(id, long), { status: 422, body: { errors: [{ pointer: '/fields', code: 'too_large' }] } })
  t.equal((await patch(id, { long_0: long.long_0 })).status, 200)
  for (const key of keys) await call('DELETE', `/v1/fields/${key}`)
})

t.test('lists are filtered by fields, by REST and by GraphQL', async (t) => {
  const day = '2026-03-0'
  const made = []
  for (let n = 1; n <= 3; n++)
    made.push(
      await openTicket({
        subject: 'Filtered',
        fields: { serial_number: `F${n}`, seats: n, cost: n / 4, urgent_call: n > 1, bought_on: `${day}${n}`, outage_at: `${day}${n}T12:00:00Z`, colour: colours[n - 1]?.key, parts: colours.slice(0, n).map(({ key }) => key), expert: n === 1 ? agent.id : light.id }, // biome-ignore format: one of each
      }),
    )
  made.push(await openTicket({ subject: 'Filtered' }))
  const numbers = made.map(({ number }) => number)
  const table: [string, Record<string, unknown>, number[]][] = [
    ['fields.serial_number=F2', { serial_number: 'F2' }, [2]],
    ['fields.serial_number=F2,F3', { serial_number: ['F2', 'F3'] }, [2, 3]],
    ['fields.serial_number[contains]=f', { serial_number: { contains: 'f' } }, [1, 2, 3]],
    ['fields.seats=2', { seats: 2 }, [2]],
    ['fields.seats[gte]=2', { seats: { gte: 2 } }, [2, 3]],
    ['fields.cost[lt]=0.5', { cost: { lt: 0.5 } }, [1]],
    ['fields.cost=0.75', { cost: 0.75 }, [3]],
    ['fields.urgent_call=false', { urgent_call: false }, [1]],
    ['fields.bought_on[gt]=2026-03-01', { bought_on: { gt: '2026-03-01' } }, [2, 3]],
    ['fields.bought_on=2026-03-02', { bought_on: '2026-03-02' }, [2]],
    ['fields.outage_at[lte]=2026-03-02T12:00:00Z', { outage_at: { lte: '2026-03-02T12:00:00Z' } }, [1, 2]],
    ['fields.colour=red,none', { colour: ['red', 'none'] }, [1, 4]],
    ['fields.parts[contains]=green', { parts: { contains: 'green' } }, [2, 3]],
    ['fields.expert=me', { expert: 'me' }, [1]],
    ['fields.expert=none', { expert: 'none' }, [4]],
    ['fields.seats[gt]=1&fields.colour=green', { seats: { gt: 1 }, colour: 'green' }, [2]],
  ]
  for (const [query, filter, expected] of table) {
    const wanted = expected.map((n) => numbers[n - 1])
    t.same(await found(`subject=Filtered&sort=number&${query}`), wanted, query)
    const graph =
      'query ($filter: TicketFilter) { tickets(first: 20, sort: "number", filter: $filter) { nodes { number } totalCount } }'
    const { body } = await graphql(
      graph,
      { filter: { subject: { is: ['Filtered'] }, fields: filter } },
      { key: agent.key },
    )
    t.same(
      body.data?.tickets,
      { nodes: wanted.map((number) => ({ number })), totalCount: wanted.length },
      `${query} by GraphQL`,
    )
  }
  const wrong: [string, object][] = [
    ['fields.seats=many', { errors: [{ pointer: '/fields.seats' }] }],
    ['fields.serial_nummer=x', { didYouMean: 'fields.serial_number' }],
    ['fields.colour=gren', { didYouMean: 'green' }],
    ['fields.seats[contains]=2', {}],
    ['fields.parts=red', {}],
    ['fields.seats[nonsense]=2', {}],
    ['fields.=2', {}],
    ['sort=fields.parts', {}],
    ['sort=fields.nonsense', {}],
  ]
  for (const [query, body] of wrong)
    t.match(
      await call('GET', `/v1/tickets?${query}`),
      { status: 400, body: { code: 'invalid_parameter', ...body } },
      query,
    )
  const { body } = await graphql('{ tickets(filter: { fields: 3 }) { nodes { id } } }')
  t.match(body.errors, [{ extensions: { code: 'invalid_parameter' } }])
})

t.test('lists are sorted by fields, page by page in both directions, and what has none comes last', async (t) => {
  const values = [3, 1.5, undefined, -2, 10, undefined, 1.5, 0, 200]
  await add({ key: 'weight', name: 'Weight', type: 'decimal', visibility: 'requesters' })
  await add({ key: 'label', name: 'Label', type: 'text', visibility: 'requesters' })
  const all: { number: number; weight: number | undefined }[] = []
  for (const weight of values) {
    const fields = weight === undefined ? {} : { weight, label: `L${weight}` }
    const { number, id } = await openTicket({ subject: 'Sorted', requesterId: eve.id })
    if (weight !== undefined) await patch(id, fields)
    all.push({ number, weight })
  }
  const inOrder = (way: 1 | -1) =>
    all
      .toSorted(
        (a, b) =>
          Number(a.weight === undefined) - Number(b.weight === undefined) ||
          way * ((a.weight ?? 0) - (b.weight ?? 0)) ||
          way * (a.number - b.number),
      )
      .map(({ number }) => number)
  for (const key of [agent.key, eve.key])
    for (const [sort, expected] of [
      ['fields.weight', inOrder(1)],
      ['-fields.weight', inOrder(-1)],
      ['type,-fields.weight', inOrder(-1)],
    ] as const)
      t.same(await everyPage(t, `/v1/tickets?subject=Sorted&sort=${sort}&limit=2`, key), expected, sort)
  for (const field of [
    'label',
    'seats',
    'urgent_call',
    'bought_on',
    'outage_at',
    'colour',
    'manual',
    'expert',
    'cost',
    'contact',
  ])
    for (const sort of [`fields.${field}`, `-fields.${field},number`])
      t.equal((await everyPage(t, `/v1/tickets?subject[contains]=ed&sort=${sort}&limit=3`, agent.key)).length, 13, sort)
})

t.test('long texts in any script are sorted by how they begin, and their cursors are taken', async (t) => {
  const keys = ['essay', 'other_essay', 'third_essay']
  for (const key of keys) await add({ key, name: key, type: 'text' })
  const begin = '😀'.repeat(100)
  const endings = ['b', 'a', 'c']
  for (const ending of [...endings, ...endings])
    await openTicket({ subject: 'Long', fields: Object.fromEntries(keys.map((key) => [key, begin + ending])) })
  await openTicket({ subject: 'Long', fields: { essay: `ä${begin}` } })
  const sort = keys.map((key) => `fields.${key}`).join()
  t.equal((await everyPage(t, `/v1/tickets?subject=Long&sort=${sort}&limit=2`, agent.key)).length, 7)
})

/** All numbers of a list by its pages, and the same backwards. */
async function everyPage(t: Test, path: string, key: string): Promise<number[]> {
  const seen: number[] = []
  let after = ''
  let last = ''
  for (let n = 0; n < 20; n++) {
    const { status, body, text } = await call('GET', `${path}${after && `&after=${after}`}`, { key })
    if (status !== 200) throw new Error(text)
    seen.push(...body.data.map(({ number }: { number: number }) => number))
    last = body.prevCursor ?? last
    if (!body.nextCursor) break
    after = body.nextCursor
  }
  const back: number[] = []
  for (let n = 0; n < 20 && last; n++) {
    const { body } = await call('GET', `${path}&before=${last}`, { key })
    back.unshift(...body.data.map(({ number }: { number: number }) => number))
    last = body.prevCursor
  }
  t.same(back, seen.slice(0, back.length), `${path}: backwards too`)
  t.equal(new Set(seen).size, seen.length, `${path}: each once`)
  return seen
}

t.test('the query syntax and conditions ask for fields', async (t) => {
  const a = await openTicket({
    subject: 'Asked',
    fields: { seats: 40, colour: 'blue', bought_on: '2020-01-01', cost: 1.25 },
  })
  const b = await openTicket({ subject: 'Asked', fields: { seats: 41, parts: ['red', 'blue'] } })
  const search = async (body: object) => {
    const answer = await call('POST', '/v1/tickets/search', { body: { sort: 'number', ...body } })
    return answer.body.data?.map(({ id }: { id: string }) => id) ?? answer.body
  }
  t.same(await search({ query: 'fields.seats:>=40 subject:Asked' }), [a.id, b.id])
  t.same(await search({ query: 'fields.seats:40,45' }), [a.id])
  t.same(await search({ query: 'fields.cost:1.25' }), [a.id])
  t.same(await search({ query: 'fields.bought_on:<2020-01-02' }), [a.id])
  t.same(await search({ query: 'fields.bought_on:2020-01-01' }), [a.id])
  t.same(await search({ query: '-fields.colour:blue fields.seats:>39' }), [b.id])
  t.same(await search({ condition: { all: [{ field: 'fields.parts', op: 'contains', value: 'blue' }, { field: 'fields.seats', op: 'is', value: 41 }] } }), [b.id]) // biome-ignore format: one condition
  t.same(
    await search({ condition: { field: 'fields.bought_on', op: 'within', value: ['2019-12-31', '2020-01-01'] } }),
    [a.id],
  )
  t.match(await search({ condition: { field: 'fields.colur', op: 'present' } }), {
    errors: [{ didYouMean: 'fields.colour' }],
  })
  const { fields } = (await call('GET', '/v1/conditions')).body
  t.match(
    fields.find(({ field }: { field: string }) => field === 'fields.colour'),
    {
      name: 'Colour',
      type: 'key',
      options: colours,
      listOperators: ['is', 'isNot', 'in', 'notIn', 'present', 'absent'],
    },
  )
})

t.test('views ask for, sort by and show fields', async (t) => {
  const view = { key: 'by_seats', name: 'By seats', condition: { field: 'fields.seats', op: 'gte', value: 40 }, sort: '-fields.seats', columns: ['number', 'fields.seats'] } // biome-ignore format: one view
  t.equal((await call('POST', '/v1/views', { body: view, key: agent.key })).status, 201)
  const { body } = await call('GET', '/v1/views/by_seats/tickets?fields.seats[lte]=41', { key: agent.key })
  t.same(
    body.data.map(({ fields }: { fields: { seats: number } }) => fields.seats),
    [41, 40],
  )
  t.equal((await call('GET', '/v1/views/by_seats/count', { key: agent.key })).body.total, 2)
  for (const [members, pointer] of [
    [{ sort: 'fields.nonsense' }, '/sort'],
    [{ sort: 'fields.parts' }, '/sort'],
    [{ columns: ['fields.nonsense'] }, '/columns/0'],
    [{ columns: ['fields.'] }, '/columns/0'],
    [{ condition: { field: 'fields.seats', op: 'is', value: 'x' } }, '/condition/value'],
  ] as const)
    t.match(await call('PATCH', '/v1/views/by_seats', { body: members, key: agent.key }), { status: 422, body: { errors: [{ pointer }] } }) // biome-ignore format: one line
})

t.test('rules hear of changed fields, and set them', async (t) => {
  const rule = (members: object) =>
    call('POST', '/v1/rules', {
      body: { key: 'by_field', name: 'By field', on: ['ticket.opened', 'ticket.changed'], if: { all: [] }, then: [{ action: 'changeTicket', fields: { seats: 99, expert: agent.id } }], ...members }, // biome-ignore format: one rule
    })
  t.match(await rule({ then: [{ action: 'changeTicket', fields: { seats: 0, nonsense: 1 } }] }), {
    status: 422,
    body: { errors: [{ pointer: '/then/0/fields/seats' }, { pointer: '/then/0/fields/nonsense' }] },
  })
  t.match(await rule({ if: { field: 'fields.colour', op: 'changedTo', value: 'yellow' } }), { status: 422 })
  const condition = {
    all: [
      { field: 'fields.colour', op: 'changedTo', value: 'blue' },
      { field: 'before.fields.colour', op: 'is', value: 'red' },
      { field: 'fields.serial_number', op: 'matches', value: '^AB\\d+$' },
    ],
  }
  t.equal((await rule({ if: condition })).status, 201)
  const { id } = await openTicket({ fields: { colour: 'red', serial_number: 'AB12' } })
  t.same((await patch(id, { cost: 1 })).body.fields.seats, undefined)
  await patch(id, { colour: 'blue' })
  t.match((await call('GET', `/v1/tickets/${id}`)).body.fields, { colour: 'blue', seats: 99, expert: agent.id })
  const { data } = (await call('GET', `/v1/tickets/${id}/rule-runs`)).body
  t.match(data, [{ ruleKey: 'by_field', outcome: 'fired', changes: { 'fields.seats': { from: null, to: 99 } } }])
  const explained = await call('GET', `/v1/tickets/${id}/explain?rule=by_field`)
  t.equal(explained.status, 200)
  await call('DELETE', '/v1/rules/by_field')
})

t.test('a macro acts with the rights of who applies it', async (t) => {
  const macro = { key: 'by_macro', name: 'x', actions: [{ action: 'changeTicket', fields: { seats: 12 } }] }
  t.equal((await call('POST', '/v1/macros', { body: macro })).status, 201)
  t.match(await call('POST', '/v1/macros', { body: { ...macro, key: 'no', actions: [{ action: 'changeTicket', fields: { seats: 'x' } }] } }), { status: 422, body: { errors: [{ pointer: '/actions/0/fields/seats' }] } }) // biome-ignore format: one line
  const { id } = await openTicket()
  await call('POST', '/v1/macros/by_macro/apply', { body: { ticketId: id }, key: agent.key })
  t.match((await call('GET', `/v1/tickets/${id}`)).body.fields, { seats: 12 })
})

t.test('GraphQL has the same fields, definitions and forms', async (t) => {
  const input = {
    key: 'graph',
    name: 'Graph',
    type: 'select',
    options: colours,
    visibility: 'requesters',
    defaultValue: 'red',
  }
  const members =
    'key name type description minimum maximum minLength maxLength types position required defaultValue options { key name retired } visibility editing retired version createdAt updatedAt'
  const added = await graphql(`mutation ($input: AddFieldInput!) { addField(input: $input) { ${members} } }`, { input })
  const rest = (await call('GET', '/v1/fields/graph')).body
  t.same(added.body.data?.addField, rest)
  t.same((await graphql(`{ field(key: "graph") { ${members} } }`)).body.data.field, rest)
  t.same((await graphql(`{ fields { ${members} } }`)).body.data.fields, (await call('GET', '/v1/fields')).body.data)
  t.equal((await graphql('{ field(key: "cost") { key } }', {}, { key: ruth.key })).body.data.field, null)
  for (const { key } of [agent, ruth])
    t.same((await graphql('{ typeSchema(key: "ticket") }', {}, { key })).body.data.typeSchema, (await call('GET', '/v1/types/ticket/schema', { key })).body) // biome-ignore format: one line
  const changed = await graphql(
    'mutation { changeField(input: { key: "graph", defaultValue: null }) { defaultValue version } }',
  )
  t.same(changed.body.data?.changeField, { defaultValue: null, version: 2 })
  const { id } = await openTicket()
  const mutation = `mutation { changeTicket(input: { ticketId: "${id}", fields: { graph: "blue", parts: ["red"], cost: 1.5 } }) { fields } }`
  t.same((await graphql(mutation)).body.data?.changeTicket, { fields: { graph: 'blue', parts: ['red'], cost: 1.5 } })
  const removed = await graphql('mutation { removeField(input: { key: "graph" }) { id } }')
  t.same(removed.body.data?.removeField, { id: 'graph' })
  t.match((await call('GET', '/v1/fields/graph')).body, { retired: true })
})

t.test('the schema of a type says of an input what the API says', async (t) => {
  t.match(await call('GET', '/v1/types/nonsense/schema'), { status: 404, body: { code: 'type_not_found' } })
  for (const [type, who, base] of [
    ['ticket', agent, { requester: { email: 'ruth@example.com' } }],
    ['ticket', ruth, {}],
    ['incident', agent, { requester: { email: 'ruth@example.com' } }],
    ['incident', ruth, {}],
  ] as const) {
    const { body: schema } = await call('GET', `/v1/types/${type}/schema`, { key: who.key })
    t.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
    const validator = Compile(schema)
    const input = (fields?: object, more: object = {}) => ({ subject: 'x', body: 'x', type, ...base, ...(fields ? { fields } : {}), ...more }) // biome-ignore format: one line
    const needed = type === 'incident' ? { impact: 'red', ...(who === agent ? { cause: 'x' } : {}) } : {}
    const inputs = [
      input(),
      input({}),
      input(needed),
      input({ ...needed, serial_number: 'AB12' }),
      input({ ...needed, serial_number: 'A' }),
      input({ ...needed, serial_number: '😀😀😀😀😀😀😀😀😀😀' }),
      input({ ...needed, seats: 3 }),
      input({ ...needed, seats: 3.5 }),
      input({ ...needed, seats: 501 }),
      input({ ...needed, urgent_call: true }),
      input({ ...needed, bought_on: '2026-11-22' }),
      input({ ...needed, bought_on: 'yesterday' }),
      input({ ...needed, outage_at: '2026-11-22T12:00:00Z' }),
      input({ ...needed, colour: 'red' }),
      input({ ...needed, colour: 'yellow' }),
      input({ ...needed, parts: ['red', 'green'] }),
      input({ ...needed, parts: ['red', 'red'] }),
      input({ ...needed, parts: [] }),
      input({ ...needed, manual: 'https://example.com/' }),
      input({ ...needed, manual: 'mailto:a@b.c' }),
      input({ ...needed, contact: ruth.id }),
      input({ ...needed, contact: 'x' }),
      input({ ...needed, floor: 'blue' }),
      input({ ...needed, nonsense: 1 }),
      input({ ...needed, cause: 'fire' }),
      input(needed, { priority: 'urgent' }),
      input(needed, { priority: 'none' }),
      input(needed, { status: 'solved' }),
      input(needed, { tags: ['vip'] }),
      input(needed, { nonsense: 1 }),
    ]
    for (const each of inputs) {
      const { status, text } = await call('POST', '/v1/tickets', { body: each, key: who.key })
      t.equal(
        validator.Check(each),
        status === 201,
        `${type}, ${who.email}: ${JSON.stringify(each)} ${text.slice(0, 150)}`,
      )
    }
  }
  const { body } = await call('GET', '/v1/types/ticket/schema', { key: ruth.key })
  const text = JSON.stringify(body)
  for (const key of [...hidden, 'assigneeId', 'seats']) t.notMatch(text, `"${key}"`, `${key} is nothing for requesters`)
})

t.test('the examples of the documents work', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/fields.md'), 'utf8')
  const examples = [
    ...text.matchAll(
      /^curl -s "?http:\/\/127\.0\.0\.1:3000([^"\s]+)"? [^']*?(?:'Content-Type: application\/json' -d '([^']+)')?$/gm,
    ),
  ]
  t.equal(examples.length, 4)
  for (const [, path = '', body] of examples) {
    // the first field has been there since the beginning of this file, and its key is not free
    const given = body?.replaceAll('serial_number', 'machine_number')
    const answer = given
      ? await call('POST', path, { body: JSON.parse(given) })
      : await call('GET', path.replaceAll('serial_number', 'machine_number'))
    t.equal(answer.status, given ? 201 : 200, `${path} ${answer.text.slice(0, 200)}`)
    if (!given) t.match(answer.body.data, [{ fields: { machine_number: 'AB-1234', root_cause: 'wear' } }])
  }
  const rule = /`(\{ "action": [^`]+)`/.exec(text)?.[1] ?? ''
  const saved = await call('POST', '/v1/rules', {
    body: { key: 'of_docs', name: 'x', on: ['ticket.opened'], if: { all: [] }, then: [JSON.parse(rule)] },
  })
  t.equal(saved.status, 201, rule)
})

t.test('a field names an organization that its author knows', async (t) => {
  t.equal(
    (
      await add({
        key: 'vendor',
        name: 'Vendor',
        type: 'organization',
        visibility: 'requesters',
        editing: 'requesters',
      })
    ).status,
    201,
  )
  const [acme, other] = await Promise.all(
    ['Acme', 'Other'].map(
      async (name) =>
        (await call('POST', '/v1/organizations', { body: { name, sharesTickets: name === 'Acme' } })).body,
    ),
  )
  const mona = await person('requester')
  await call('PATCH', `/v1/people/${mona.id}`, { body: { organizationId: acme.id } })
  const { id } = await openTicket({ requesterId: mona.id, fields: { vendor: other.id } })
  const change = (vendor: unknown, key?: string) =>
    call('PATCH', `/v1/tickets/${id}`, { body: { fields: { vendor } }, ...(key ? { key } : {}) })
  const unknown = {
    status: 422,
    body: { errors: [{ pointer: '/fields/vendor', code: 'not_found', detail: 'is no organization' }] },
  }
  t.match(await change('org_00000000000000000000000000'), unknown)
  t.match(await change(mona.id), unknown, 'a person is none')
  t.match(await change(acme.id), { status: 200, body: { fields: { vendor: acme.id } } })
  await new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted
  t.match(await change(other.id, mona.key), unknown, 'one that she does not belong to')
  t.match(await change(acme.id, mona.key), { status: 200 })
  const found = await call('GET', `/v1/tickets?fields.vendor=${acme.id}`)
  t.same(
    found.body.data.map((row: { id: string }) => row.id),
    [id],
  )
  t.match(await add({ key: 'maker', name: 'Maker', type: 'organization', defaultValue: mona.id }), {
    status: 422,
    body: { errors: [{ pointer: '/defaultValue', code: 'not_found' }] },
  })
  const { body } = await call('GET', '/v1/conditions')
  t.match(
    body.fields.find(({ field }: { field: string }) => field === 'fields.vendor'),
    { refersTo: 'organization' },
  )
})
