import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { deadEnds } from '../src/domain/workflows/decide.ts'
import { startDesk } from './support/desk.ts'

// Which status a ticket may come to: asked at one place, whoever asks and by whatever road.

const desk = await startDesk(t)
const { call, graphql, openTicket, person, receive } = desk
await desk.withoutRules()

const admin = { key: desk.key }
const agent = await person('agent')
const light = await person('light_agent')
const ruth = await person('requester', 'ruth@example.com')

const made = async (path: string, body: object) => {
  const answer = await call('POST', path, { body })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body
}
const setWorkflow = (type: string, body: object) => call('PUT', `/v1/types/${type}/workflow`, { body })
const way = (from: string | null, to: string, more: object = {}) => ({ from: from && [from], to, ...more })

await made('/v1/fields', {
  key: 'serial_no',
  name: 'Serial number',
  type: 'text',
  visibility: 'requesters',
  editing: 'requesters',
})
await made('/v1/types', { key: 'repair', name: 'Repair', numberPrefix: 'R-', icon: 'wrench' })
const REPAIR = {
  statuses: ['open', 'waiting_on_customer', 'on_hold', 'solved', 'closed'],
  transitions: [
    way('open', 'waiting_on_customer'),
    way('waiting_on_customer', 'open'),
    way('open', 'on_hold', { requires: { fields: ['assigneeId', 'fields.serial_no'] } }),
    way('on_hold', 'open', { guard: { field: 'priority', op: 'gte', value: 'high' } }),
    way('open', 'solved', { requires: { message: 'public' } }),
    way('waiting_on_customer', 'solved', { requires: { message: 'internal' } }),
    way('solved', 'closed', { roles: ['admin'] }),
    way('solved', 'open'),
    way('closed', 'open', { roles: ['admin'] }),
  ],
}

t.test('a workflow is saved whole, read back, and refused where it is wrong', async (t) => {
  t.match((await call('GET', '/v1/types/repair/workflow')).body, { version: 0, transitions: [], statuses: ['open'] })
  const { status, body, headers } = await setWorkflow('repair', REPAIR)
  t.equal(status, 200)
  t.match(body, { type: 'repair', version: 1, statuses: REPAIR.statuses })
  t.equal(headers.etag, '"1"')
  t.same((await call('GET', '/v1/types/repair/workflow')).body, body)
  t.equal((await setWorkflow('repair', REPAIR)).body.version, 1, 'what is the same changes nothing')

  const wrong: [string, object, object][] = [
    ['an unknown status', { statuses: ['open', 'closd'] }, { pointer: '/statuses/1', didYouMean: 'closed' }],
    ['without the default', { statuses: ['solved', 'closed'] }, { pointer: '/statuses', code: 'missing' }],
    ['no closed one', { statuses: ['open', 'solved'] }, { code: 'dead_end' }],
    [
      'a dead end',
      { statuses: ['open', 'on_hold', 'closed'], transitions: [way('open', 'closed'), way('open', 'on_hold')] },
      { code: 'dead_end', detail: /from on_hold/ },
    ],
    [
      'two that lead to each other only',
      {
        statuses: ['open', 'on_hold', 'solved', 'closed'],
        transitions: [way('open', 'closed'), way('on_hold', 'solved'), way('solved', 'on_hold')],
      },
      { code: 'dead_end', detail: /on_hold, solved/ },
    ],
    [
      'a way to elsewhere',
      { statuses: ['open', 'closed'], transitions: [way('open', 'solved')] },
      { pointer: '/transitions/0/to' },
    ],
    [
      'an unknown field',
      {
        statuses: ['open', 'closed'],
        transitions: [way('open', 'closed', { requires: { fields: ['fields.serial'] } })],
      },
      { pointer: '/transitions/0/requires/fields/0' },
    ],
    [
      'a guard that asks for an event',
      {
        statuses: ['open', 'closed'],
        transitions: [way('open', 'closed', { guard: { field: 'event.type', op: 'is', value: 'x' } })],
      },
      { pointer: '/transitions/0/guard/field' },
    ],
    [
      'a mapping to elsewhere',
      { statuses: ['open', 'closed'], statusMapping: [{ from: null, to: 'solved' }] },
      { pointer: '/statusMapping/0/to' },
    ],
  ]
  for (const [name, input, fault] of wrong)
    t.match(await setWorkflow('repair', input), { status: 422, body: { errors: [fault] } }, name)
  t.match(await setWorkflow('nothing', REPAIR), { status: 404, body: { code: 'type_not_found' } })
  const byAgent = await call('PUT', '/v1/types/repair/workflow', { body: REPAIR, key: agent.key })
  t.match(byAgent, { status: 403 })
  t.match(await call('GET', '/v1/types/repair/workflow', { key: ruth.key }), { status: 403 })
  t.equal((await call('GET', '/v1/types/repair/workflow')).body.version, 1, 'nothing was written')
})

t.test('no status of a workflow becomes a dead end by a change of the statuses', async (t) => {
  await made('/v1/statuses', { key: 'finished', name: 'Finished', category: 'closed' })
  await made('/v1/types', { key: 'small', name: 'Small' })
  t.equal((await setWorkflow('small', { statuses: ['open', 'finished'] })).status, 200)
  const change = await call('PATCH', '/v1/statuses/finished', { body: { category: 'solved' } })
  t.match(change, { status: 422, body: { errors: [{ pointer: '/category', code: 'dead_end', detail: /small/ }] } })
  t.match(await call('DELETE', '/v1/statuses/finished'), { status: 409, body: { usedBy: { workflows: ['small'] } } })
  t.match(await call('DELETE', '/v1/statuses/finished?replaceWith=open'), {
    status: 400,
    body: { errors: [{ code: 'dead_end' }] },
  })
  t.match((await call('GET', '/v1/types/small/workflow')).body, { statuses: ['open', 'finished'] })
  t.equal((await call('DELETE', '/v1/statuses/finished?replaceWith=closed')).status, 204)
  t.match((await call('GET', '/v1/types/small/workflow')).body, { statuses: ['open', 'closed'], version: 2 })
})

type Outcome = { ok: boolean; missing?: string[] }
interface Moving {
  id: string
  to: string
  key: string
}

const outcomeOf = (body: { status?: unknown; code?: string; missing?: { kind: string }[] }): Outcome =>
  body.code === 'transition_not_allowed'
    ? { ok: false, missing: (body.missing ?? []).map(({ kind }) => kind) }
    : { ok: body.code === undefined }

let names = 0
/** How a rule fares that sets a status once this happens to the ticket. */
const byRule = async (id: string, to: string, on: string, happen: () => Promise<unknown>): Promise<Outcome> => {
  const key = `moves_${names++}`
  await made('/v1/rules', {
    key,
    name: key,
    on: [on],
    if: { field: 'id', op: 'is', value: id },
    then: [{ action: 'changeTicket', status: to }],
  })
  await happen()
  const { data } = (await call('GET', `/v1/tickets/${id}/rule-runs`)).body
  const run = data.find(({ ruleKey }: { ruleKey: string }) => ruleKey === key)
  await call('DELETE', `/v1/rules/${key}`)
  if (run?.outcome === 'failed') return { ok: false, missing: [run.detail] }
  return { ok: run?.outcome === 'fired' }
}

const roads: Record<string, (moving: Moving) => Promise<Outcome>> = {
  REST: async ({ id, to, key }) =>
    outcomeOf((await call('PATCH', `/v1/tickets/${id}`, { body: { status: to }, key })).body),
  GraphQL: async ({ id, to, key }) => {
    const query = `mutation { changeTicket(input: { ticketId: "${id}", status: "${to}" }) { status } }`
    const { body } = await graphql(query, {}, { key })
    return outcomeOf(body.errors?.[0]?.extensions ?? body.data.changeTicket)
  },
  macro: async ({ id, to, key }) => {
    const macro = `moves_${names++}`
    await made('/v1/macros', { key: macro, name: macro, actions: [{ action: 'changeTicket', status: to }] })
    return outcomeOf((await call('POST', `/v1/macros/${macro}/apply`, { body: { ticketId: id }, key })).body)
  },
}

interface Case {
  name: string
  /** The statuses that it went through, by the admin and with all that they ask for. */
  through?: (id: string) => Promise<void>
  opening?: object
  to: string
  /** What an agent lacks, and what an admin lacks; a rule lacks the same as an admin. */
  agent: string[]
  admin: string[]
}
const patch = async (id: string, body: object) => {
  const answer = await call('PATCH', `/v1/tickets/${id}`, { body })
  if (answer.status !== 200) throw new Error(answer.text)
}
const reply = (id: string, body: object, key = desk.key) => call('POST', `/v1/tickets/${id}/replies`, { body, key })
const solve = async (id: string) => void (await reply(id, { body: 'Done.', status: 'solved' }))
const me = (await call('GET', '/v1/me')).body
const cases: Case[] = [
  { name: 'a free way', to: 'waiting_on_customer', agent: [], admin: [] },
  { name: 'no way', to: 'closed', agent: ['none'], admin: ['none'] },
  { name: 'a status of another workflow', to: 'waiting_on_agent', agent: ['none'], admin: ['none'] },
  { name: 'fields that are empty', to: 'on_hold', agent: ['field', 'field'], admin: ['field', 'field'] },
  {
    name: 'one of them filled',
    opening: { fields: { serial_no: 'X1' } },
    to: 'on_hold',
    agent: ['field'],
    admin: ['field'],
  },
  {
    name: 'both filled',
    opening: { fields: { serial_no: 'X1' }, assigneeId: me.id },
    to: 'on_hold',
    agent: [],
    admin: [],
  },
  {
    name: 'a guard that does not hold',
    opening: { fields: { serial_no: 'X1' }, assigneeId: me.id },
    through: (id) => patch(id, { status: 'on_hold' }),
    to: 'open',
    agent: ['guard'],
    admin: ['guard'],
  },
  {
    name: 'a guard that holds',
    opening: { fields: { serial_no: 'X1' }, assigneeId: me.id, priority: 'urgent' },
    through: (id) => patch(id, { status: 'on_hold' }),
    to: 'open',
    agent: [],
    admin: [],
  },
  { name: 'nothing said yet', to: 'solved', agent: ['message'], admin: ['message'] },
  {
    name: 'an answer said before',
    through: async (id) => void (await reply(id, { body: 'Look.' }, agent.key)),
    to: 'solved',
    agent: [],
    admin: [],
  },
  {
    name: 'an answer, and the customer came back',
    through: async (id) => {
      await reply(id, { body: 'Look.' }, agent.key)
      await reply(id, { body: 'No.' }, ruth.key)
    },
    to: 'solved',
    agent: ['message'],
    admin: ['message'],
  },
  {
    name: 'the customer alone has written, and then changed a field',
    through: async (id) => {
      await reply(id, { body: 'Hello?' }, ruth.key)
      const answer = await call('PATCH', `/v1/tickets/${id}`, { body: { fields: { serial_no: 'X2' } }, key: ruth.key })
      if (answer.status !== 200) throw new Error(answer.text)
    },
    to: 'solved',
    agent: ['message'],
    admin: ['message'],
  },
  {
    name: 'an answer, and an agent who changed a field after it',
    through: async (id) => {
      await reply(id, { body: 'Look.' }, agent.key)
      await patch(id, { priority: 'high' })
    },
    to: 'solved',
    agent: [],
    admin: [],
  },
  { name: 'a role that agents have not', through: solve, to: 'closed', agent: ['role'], admin: [] },
]

t.test('each road asks the same', async (t) => {
  for (const { name, opening = {}, through, to, ...lacking } of cases) {
    const fresh = async (): Promise<string> => {
      const { id } = await openTicket({ type: 'repair', ...opening })
      await through?.(id)
      return id
    }
    for (const [who, key] of [
      ['agent', agent.key],
      ['admin', admin.key],
    ] as const) {
      const missing = lacking[who].filter((kind) => kind !== 'none')
      const expected: Outcome = lacking[who].length ? { ok: false, missing } : { ok: true }
      for (const [road, travel] of Object.entries(roads)) {
        const id = await fresh()
        const { data } = (await call('GET', `/v1/tickets/${id}/transitions`, { key })).body
        const offer = data.find(({ status }: { status: string }) => status === to)
        t.same(offer && { ok: offer.allowed, kinds: offer.missing.map(({ kind }: { kind: string }) => kind) }, lacking[who].includes('none') ? undefined : { ok: expected.ok, kinds: missing }, `${name}: offered to ${who}`) // biome-ignore format: one line
        const before = (await call('GET', `/v1/tickets/${id}`)).body
        t.same(await travel({ id, to, key }), expected, `${name}: ${who} by ${road}`)
        const after = (await call('GET', `/v1/tickets/${id}`)).body
        if (expected.ok) t.equal(after.status, to, 'it went there')
        else t.same(after, before, 'a refusal wrote nothing')
      }
    }
    const id = await fresh()
    const mail = async () => {
      const rcptTo = await desk.replyAddress(id, 'ruth@example.com')
      await receive(`From: ruth@example.com\nSubject: Re\nMessage-ID: <w${names++}@example.com>\n\nHello\n`, { rcptTo })
    }
    // roles are not asked of rules; and a customer who writes leaves no answer unanswered
    const kinds = name.startsWith('an answer') ? ['message'] : lacking.admin
    const moved = await byRule(id, to, 'ticket.replied', mail)
    t.match(moved, kinds.length ? { ok: false, missing: [/^transition_not_allowed/] } : { ok: true }, `${name}: a rule, after a reply by mail`) // biome-ignore format: one line
  }
})

t.test('a reply may carry the message that its status asks for', async (t) => {
  const { id } = await openTicket({ type: 'repair' })
  t.equal((await reply(id, { body: 'Done.', status: 'solved' }, agent.key)).status, 201)
  t.equal((await call('GET', `/v1/tickets/${id}`)).body.status, 'solved')
  const refused = await reply(id, { body: 'Gone.', status: 'closed' }, agent.key)
  t.match(refused, { status: 409, body: { code: 'transition_not_allowed', from: 'solved', to: 'closed', missing: [{ kind: 'role', roles: ['admin'] }] } }) // biome-ignore format: one line
  t.equal((await call('GET', `/v1/tickets/${id}/messages`)).body.data.length, 2, 'the reply was not posted either')

  await made('/v1/templates', { key: 'solved', name: 'Solved', body: 'Done.' })
  const actions = [{ action: 'changeTicket', status: 'solved' }]
  await made('/v1/macros', { key: 'solve', name: 'Solve', template: 'solved', actions })
  const { id: third } = await openTicket({ type: 'repair' })
  t.equal((await call('POST', '/v1/macros/solve/apply', { body: { ticketId: third }, key: agent.key })).status, 200)
  t.equal((await call('GET', `/v1/tickets/${third}`)).body.status, 'solved', 'a macro says it and moves the ticket')

  const { id: other } = await openTicket({ type: 'repair' })
  await patch(other, { status: 'waiting_on_customer' })
  t.equal((await call('PATCH', `/v1/tickets/${other}`, { body: { status: 'solved' } })).status, 409)
  await call('POST', `/v1/tickets/${other}/notes`, { body: { body: 'Checked.' }, key: light.key })
  t.equal((await call('PATCH', `/v1/tickets/${other}`, { body: { status: 'solved' } })).status, 200)
})

t.test('what a rule says by itself is nobody\u2019s answer', async (t) => {
  const { id: before } = await openTicket({ type: 'repair' })
  const { id } = await openTicket({ type: 'repair' })
  const hears = {
    key: 'hears',
    name: 'Hears',
    on: ['ticket.replied'],
    if: { field: 'event.channel', op: 'is', value: 'email' },
  }
  await made('/v1/rules', { ...hears, then: [{ action: 'postReply', body: 'We have got it.' }] })
  const rcptTo = await desk.replyAddress(id, 'ruth@example.com')
  await receive('From: ruth@example.com\nSubject: Re\nMessage-ID: <rule@example.com>\n\nAnd?\n', { rcptTo })
  const waits = {
    lastMessagePreview: 'We have got it.',
    needsReaction: true,
    firstRepliedAt: null,
    lastAgentActivityAt: null,
  }
  const ticket = async () => (await call('GET', `/v1/tickets/${id}`)).body
  t.match(await ticket(), waits)
  const solve = () => call('PATCH', `/v1/tickets/${id}`, { body: { status: 'solved' }, key: agent.key })
  t.match(await solve(), { status: 409, body: { missing: [{ kind: 'message', message: 'public' }] } })
  await call('POST', `/v1/tickets/${before}/merge`, { body: { into: id } })
  t.match(await ticket(), waits, 'nor is it after a merge')

  await reply(id, { body: 'Done.' }, agent.key)
  await receive('From: ruth@example.com\nSubject: Re\nMessage-ID: <rule2@example.com>\n\nNo.\n', { rcptTo })
  t.equal((await solve()).status, 409, 'the requester has asked since, whatever a rule said to that')
  await reply(id, { body: 'Now.' }, agent.key)
  t.match(await ticket(), { needsReaction: false, lastAgentActivityAt: String })
  t.equal((await solve()).status, 200)
  await call('DELETE', '/v1/rules/hears')
})

t.test('whoever may not change a status is told so, and requesters are offered none', async (t) => {
  const { id } = await openTicket({ type: 'repair' })
  const offers = async (key: string) => (await call('GET', `/v1/tickets/${id}/transitions`, { key })).body.data
  t.same(await offers(ruth.key), [])
  for (const offer of await offers(light.key)) t.match(offer, { allowed: false, missing: [{ kind: 'role' }] })
  const eve = await person('requester')
  t.match(await call('GET', `/v1/tickets/${id}/transitions`, { key: eve.key }), { status: 404 })
  const query = `{ ticket(id: "${id}") { transitions { status allowed missing { kind field message roles } } } transitions(ticketId: "${id}") { status statusCategory } }`
  const { data } = (await graphql(query, {}, { key: agent.key })).body
  t.match(data.ticket.transitions, [
    { status: 'waiting_on_customer', allowed: true, missing: [] },
    { status: 'on_hold', allowed: false, missing: [{ field: 'assigneeId' }, { field: 'fields.serial_no' }] },
    { status: 'solved', allowed: false, missing: [{ kind: 'message', message: 'public' }] },
  ])
  t.same(
    data.transitions.map(({ status }: { status: string }) => status),
    ['waiting_on_customer', 'on_hold', 'solved'],
  )
})

t.test('a ticket is opened in a status of its workflow', async (t) => {
  const body = { subject: 'x', body: 'x', type: 'repair', status: 'waiting_on_agent', requesterId: ruth.id }
  t.match(await call('POST', '/v1/tickets', { body }), { status: 422, body: { errors: [{ pointer: '/status', code: 'not_allowed' }] } }) // biome-ignore format: one line
  t.match(await openTicket({ type: 'repair', status: 'on_hold' }), { status: 'on_hold' })
})

t.test('a ticket that changes its type keeps its status, has it mapped, or is told one', async (t) => {
  await made('/v1/statuses', { key: 'triage', name: 'Triage', category: 'open' })
  await made('/v1/statuses', { key: 'rejected', name: 'Rejected', category: 'closed' })
  await made('/v1/types', { key: 'idea', name: 'Idea', defaultStatus: 'triage' })
  await made('/v1/types', { key: 'wish', name: 'Wish', defaultStatus: 'triage' })
  const ways = [way('triage', 'solved'), way('solved', 'rejected')]
  t.equal((await setWorkflow('idea', { statuses: ['triage', 'solved', 'rejected'], transitions: ways })).status, 200)
  const statusMapping = [
    { from: 'on_hold', to: 'solved' },
    { from: null, to: 'triage' },
  ]
  t.equal((await setWorkflow('wish', { statuses: ['triage', 'solved', 'rejected'], transitions: ways, statusMapping })).status, 200) // biome-ignore format: one line

  const table: [string, Record<string, unknown>, object, object][] = [
    ['no mapping: it must be said', { status: 'open' }, { type: 'idea' }, { status: 422, body: { errors: [{ pointer: '/status', code: 'missing' }] } }], // biome-ignore format: one line
    ['a status of the same category', { status: 'open' }, { type: 'idea', status: 'triage' }, { body: { type: 'idea', status: 'triage' } }], // biome-ignore format: one line
    ['not straight to its end', { status: 'open' }, { type: 'idea', status: 'rejected' }, { status: 409 }],
    ['none of its workflow', { status: 'open' }, { type: 'idea', status: 'on_hold' }, { status: 409 }],
    ['the present one is there too', { status: 'solved' }, { type: 'idea' }, { body: { status: 'solved' } }],
    ['and from there its ways count', { status: 'solved' }, { type: 'idea', status: 'rejected' }, { body: { status: 'rejected', statusCategory: 'closed' } }], // biome-ignore format: one line
    ['and no others', { status: 'solved' }, { type: 'idea', status: 'triage' }, { status: 409 }],
    ['mapped', { status: 'on_hold' }, { type: 'wish' }, { body: { status: 'solved' } }],
    ['mapped as every other one', { status: 'open' }, { type: 'wish' }, { body: { status: 'triage' } }],
    ['a way from the mapped one', { status: 'on_hold' }, { type: 'wish', status: 'rejected' }, { body: { status: 'rejected' } }], // biome-ignore format: one line
    ['no way from the mapped one', { status: 'open' }, { type: 'wish', status: 'rejected' }, { status: 409 }],
  ]
  for (const [name, opening, change, answer] of table) {
    const { id } = await openTicket(opening)
    t.match(await call('PATCH', `/v1/tickets/${id}`, { body: change }), answer, name)
  }
})

const keys = ['open', 'waiting_on_agent', 'waiting_on_customer', 'on_hold', 'solved', 'closed']
const RUNS = 100

t.test('random workflows: what is accepted has no dead end, and what is offered is what happens', async (t) => {
  await made('/v1/types', { key: 'random', name: 'Random' })
  const transition = fc.record({
    from: fc.option(fc.uniqueArray(fc.constantFrom(...keys), { minLength: 1, maxLength: 3 })),
    to: fc.constantFrom(...keys),
    roles: fc.constantFrom([], [], ['agent'], ['admin']),
    requires: fc.record({
      fields: fc.constantFrom([], [], ['tags'], ['fields.serial_no']),
      message: fc.constantFrom('none', 'none', 'public', 'internal'),
    }),
    guard: fc.constantFrom(null, null, { field: 'priority', op: 'is', value: 'high' }, { field: 'tags', op: 'absent' }),
  })
  const workflow = fc.record({
    statuses: fc.uniqueArray(fc.constantFrom(...keys.slice(1)), { minLength: 1 }).map((some) => ['open', ...some]),
    transitions: fc.array(transition, { maxLength: 14 }),
  })
  const opening = fc.record({
    tags: fc.constantFrom([], ['vip']),
    priority: fc.constantFrom('normal', 'high'),
    fields: fc.constantFrom({}, { serial_no: 'X' }),
  })
  const walk = fc.array(fc.record({ step: fc.nat(10), asAdmin: fc.boolean() }), { maxLength: 4 })
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(workflow, opening, walk, async (given, ticket, steps) => {
      const inside = (key: string) => given.statuses.includes(key)
      const transitions = given.transitions
        .map((each) => ({ ...each, from: each.from?.filter(inside) ?? null }))
        .filter(({ from, to }) => inside(to) && from?.length !== 0)
      const saved = await setWorkflow('random', { statuses: given.statuses, transitions })
      const ends = given.statuses.every((key) => reachesClosed(key, { statuses: given.statuses, transitions }))
      if ((saved.status === 200) !== ends) throw new Error(`${saved.status}: ${saved.text}`)
      if (saved.status !== 200) return
      accepted++
      const { id } = await openTicket({ type: 'random', ...ticket })
      for (const { step, asAdmin } of steps) {
        const key = asAdmin ? admin.key : agent.key
        const { status: present } = (await call('GET', `/v1/tickets/${id}`)).body
        const { data } = (await call('GET', `/v1/tickets/${id}/transitions`, { key })).body
        const to = given.statuses[step % given.statuses.length] ?? 'open'
        if (to === present) continue
        const offer = data.find(({ status }: { status: string }) => status === to)
        const { status, body } = await call('PATCH', `/v1/tickets/${id}`, { body: { status: to }, key })
        if ((status === 200) !== (offer?.allowed ?? false)) throw new Error(`${present} → ${to}: ${status}, offered ${JSON.stringify(offer)}`) // biome-ignore format: one line
        if (status === 409) t.same(body.missing, offer?.missing ?? [])
      }
    }),
    { numRuns: RUNS },
  )
  t.ok(accepted > 0, `${accepted} of ${RUNS} were accepted`)
})

interface Ways {
  statuses: string[]
  transitions: { from: string[] | null; to: string }[]
}
/** Forwards, in every direction: not as it is computed. */
function reachesClosed(key: string, { statuses, transitions }: Ways, seen = new Set<string>()): boolean {
  if (key === 'closed') return true
  if (!transitions.length) return statuses.includes('closed')
  seen.add(key)
  return transitions
    .filter(({ from, to }) => (from === null || from.includes(key)) && !seen.has(to))
    .some(({ to }) => reachesClosed(to, { statuses, transitions }, seen))
}

t.test('dead ends of long chains are found', (t) => {
  const statuses = Array.from({ length: 100 }, (_, n) => `s${n}`)
  const requires = { fields: [], message: 'none' as const, time: false }
  const chain = statuses.slice(1).map((to, n) => ({ from: [`s${n}`], to, roles: [], requires, guard: null }))
  const word = { position: 1, requesterLabel: null, notifyRequester: false, template: null, pausesSla: false, version: 1, createdAt: '', updatedAt: '' } // biome-ignore format: one line
  const known = new Map(
    statuses.map((key, n) => [
      key,
      { ...word, key, name: key, category: n === 99 ? ('closed' as const) : ('open' as const) },
    ]),
  )
  t.same(deadEnds({ statuses, transitions: chain }, known), [])
  t.equal(deadEnds({ statuses, transitions: chain.slice(0, -1) }, known).length, 99)
  t.end()
})

t.test('the examples of the documents work', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/workflows.md'), 'utf8')
  const examples = [...text.matchAll(/^curl -s (?:-X (PUT) )?http:\/\/127\.0\.0\.1:3000(\S+) [^']*'Content-Type: application\/json' -d '([^']+)'$/gm)] // biome-ignore format: one line
  t.equal(examples.length, 3)
  for (const [, method = 'POST', path = '', body = ''] of examples) {
    const given = JSON.parse(body.replace('"repair"', '"repair_example"'))
    const answer = await call(method as 'PUT' | 'POST', path.replace('/repair/', '/repair_example/'), { body: given })
    t.ok([200, 201].includes(answer.status), `${path}: ${answer.text}`)
  }
})
