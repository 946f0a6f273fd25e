import t from 'tap'
import { followWord } from '../src/domain/types/follow-word.ts'
import { startDesk } from './support/desk.ts'

// Types, statuses, priorities, categories and projects: added, changed, removed, and what follows on tickets and in configuration.

const desk = await startDesk(t)
const { app, call, db, graphql, openTicket, person, receive, rows, system } = desk
await desk.withoutRules()

const agent = await person('agent')
const ruth = await person('requester', 'ruth@example.com')
const made = async (path: string, body: object) => {
  const answer = await call('POST', path, { body })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body
}
const ticket = async (id: string) => (await call('GET', `/v1/tickets/${id}`)).body
const keysOf = async (path: string, key = desk.key): Promise<string[]> =>
  (await call('GET', `/v1/${path}`, { key })).body.data.map((word: { key: string }) => word.key)

const vocabularies = [
  { path: 'types', noun: 'type', more: {} },
  { path: 'statuses', noun: 'status', more: { category: 'open' } },
  { path: 'priorities', noun: 'priority', more: {} },
  { path: 'categories', noun: 'category', more: {} },
  { path: 'projects', noun: 'project', more: {} },
] as const

t.test('each vocabulary is kept alike', async (t) => {
  for (const { path, noun, more } of vocabularies) {
    const url = `/v1/${path}`
    const added = await call('POST', url, { body: { key: 'extra', name: 'Extra', ...more } })
    t.match(added, { status: 201, body: { key: 'extra', name: 'Extra', version: 1 }, headers: { location: `${url}/extra`, etag: '"1"' } }) // biome-ignore format: one line
    t.equal((await keysOf(path)).at(-1), 'extra', 'it comes last')
    t.match(await call('POST', url, { body: { key: 'extra', name: 'Again', ...more } }), { status: 409, body: { code: 'key_taken' } }) // biome-ignore format: one line

    const changed = await call('PATCH', `${url}/extra`, {
      body: { name: 'More', position: 0 },
      headers: { 'if-match': '"1"' },
    })
    t.match(changed, { status: 200, body: { name: 'More', position: 0, version: 2 } })
    t.same((await call('GET', `${url}/extra`, { key: ruth.key })).body, changed.body, 'everybody reads it')
    t.equal((await keysOf(path))[0], 'extra', 'and in its new place')
    t.match(await call('PATCH', `${url}/extra`, { body: { name: 'Late' }, headers: { 'if-match': '"1"' } }), {
      status: 412,
    })
    t.equal(
      (await call('PATCH', `${url}/extra`, { body: { name: 'More' } })).body.version,
      2,
      'the same changes nothing',
    )

    const before = await rows()
    for (const key of [agent.key, ruth.key]) {
      t.match(await call('POST', url, { body: { key: 'mine', name: 'Mine', ...more }, key }), { status: 403 })
      t.match(await call('PATCH', `${url}/extra`, { body: { name: 'Mine' }, key }), { status: 403 })
      t.match(await call('DELETE', `${url}/extra`, { key }), { status: 403 })
    }
    t.match(await call('DELETE', `${url}/nothing`), { status: 404, body: { code: `${noun}_not_found` } })
    t.match(await call('DELETE', `${url}/extra?replaceWith=nothing`), { status: 400, body: { errors: [{ pointer: '/replaceWith' }] } }) // biome-ignore format: one line
    t.match(await call('DELETE', `${url}/extra?replaceWith=extra`), { status: 400 })
    t.same(await rows(), before, 'no refusal wrote anything')

    t.equal((await call('DELETE', `${url}/extra`)).status, 204)
    t.match(await call('GET', `${url}/extra`), { status: 404, body: { code: `${noun}_not_found` } })
    const { data } = (await call('GET', '/v1/events?limit=100')).body
    t.ok(data, 'the feed answers')
    const { rows: told } = await db.query<{ type: string }>({
      text: `select type from events where object_type = $1 and object_id = 'extra' order by id`,
      values: [noun],
    })
    t.same(
      told.map(({ type }) => type),
      [`${noun}.added`, `${noun}.changed`, `${noun}.removed`],
    )
  }
})

t.test('GraphQL keeps them, too', async (t) => {
  const name = (noun: string) => noun[0]?.toUpperCase() + noun.slice(1)
  for (const { path, noun, more } of vocabularies) {
    const category = 'category' in more ? ', category: open' : ''
    const N = name(noun)
    const { body } = await graphql(`mutation {
      add${N}(input: { key: "graph", name: "Graph"${category} }) { key version }
      change${N}(input: { key: "graph", name: "Graphs" }) { name position createdAt }
    }`)
    t.match(body.data, { [`add${N}`]: { key: 'graph', version: 1 }, [`change${N}`]: { name: 'Graphs' } }, noun)
    const read = await graphql(
      `{ ${noun}(key: "graph") { name } none: ${noun}(key: "nothing") { name } ${path} { key } }`,
    )
    t.match(read.body.data, { [noun]: { name: 'Graphs' }, none: null })
    const removed = await graphql(`mutation { remove${N}(input: { key: "graph" }) { id } }`)
    t.same(removed.body.data, { [`remove${N}`]: { id: 'graph' } })
  }
})

t.test('tickets have categories and projects, in filters, conditions and forms', async (t) => {
  await made('/v1/categories', { key: 'hardware', name: 'Hardware' })
  await made('/v1/projects', { key: 'apollo', name: 'Apollo' })
  const { id } = await openTicket({ category: 'hardware', project: 'apollo' })
  t.match(await ticket(id), { category: 'hardware', project: 'apollo' })
  t.equal((await call('GET', '/v1/tickets?category=hardware&project=apollo')).body.data.length, 1)
  const wrong = await call('PATCH', `/v1/tickets/${id}`, { body: { category: 'hardwear' } })
  t.match(wrong, { status: 422, body: { errors: [{ pointer: '/category', didYouMean: 'hardware' }] } })
  t.match((await call('PATCH', `/v1/tickets/${id}`, { body: { category: null } })).body, { category: null, version: 2 })
  const own = { subject: 'x', body: 'x', category: 'hardware' }
  t.match(await call('POST', '/v1/tickets', { body: own, key: ruth.key }), {
    status: 201,
    body: { category: 'hardware' },
  })
  t.match(await call('POST', '/v1/tickets', { body: { ...own, project: 'apollo' }, key: ruth.key }), { status: 403 })

  const { fields } = (await call('GET', '/v1/conditions')).body
  const options = (name: string) => fields.find(({ field }: { field: string }) => field === name).options
  t.same(options('category'), [{ key: 'hardware', name: 'Hardware' }])
  t.same(options('project'), [{ key: 'apollo', name: 'Apollo' }])
  const view = { key: 'odd', name: 'Odd', condition: { field: 'category', op: 'is', value: 'hardwear' } }
  t.match(await call('POST', '/v1/views', { body: view }), {
    status: 422,
    body: { errors: [{ didYouMean: 'hardware' }] },
  })
  const form = (await call('GET', '/v1/types/ticket/schema', { key: ruth.key })).body
  t.match(form.properties.category, { oneOf: [{ const: 'hardware' }] })
  t.notOk(form.properties.project)
})

t.test('a mailbox places its tickets', async (t) => {
  await made('/v1/categories', { key: 'ideas', name: 'Ideas' })
  await made('/v1/projects', { key: 'next', name: 'Next' })
  const rcptTo = 'suggestions@kontor.localhost'
  const { id } = await made('/v1/mailboxes', { address: rcptTo, category: 'ideas', project: 'next' })
  const mail = await receive('From: ruth@example.com\nSubject: Hi\nMessage-ID: <v0@example.com>\n\nHi\n', { rcptTo })
  t.match(await ticket(mail.ticketId), { category: 'ideas', project: 'next' })
  t.match(await call('DELETE', '/v1/projects/next'), {
    status: 409,
    body: { count: 1, usedBy: { mailboxes: [rcptTo] } },
  })
  t.equal((await call('DELETE', '/v1/projects/next?replaceWith=apollo')).status, 204)
  t.match((await call('GET', `/v1/mailboxes/${id}`)).body, { project: 'apollo', category: 'ideas', version: 2 })
  t.match(await ticket(mail.ticketId), { project: 'apollo' })
  const wrong = await call('PATCH', `/v1/mailboxes/${id}`, { body: { project: 'next' } })
  t.match(wrong, { status: 422, body: { errors: [{ pointer: '/project' }] } })
})

t.test('what is in use goes only where another takes its place, everywhere', async (t) => {
  await made('/v1/statuses', { key: 'parked', name: 'Parked', category: 'waiting_on_other' })
  const [first, second] = [await openTicket({ status: 'parked' }), await openTicket({ status: 'parked' })]
  const condition = { any: [{ field: 'status', op: 'in', value: ['parked', 'on_hold'] }, { field: 'before.status', op: 'is', value: 'parked' }] } // biome-ignore format: one line
  const then = [{ action: 'changeTicket', status: 'parked' }]
  await made('/v1/rules', { key: 'parks', name: 'Parks', on: ['ticket.noted'], if: condition, then, enabled: false })
  await made('/v1/macros', { key: 'parks', name: 'Parks', actions: [...then, { action: 'postNote', body: 'parked' }] })
  await made('/v1/views', { key: 'parked', name: 'Parked', condition: { field: 'status', op: 'is', value: 'parked' } })
  await made('/v1/types', { key: 'errand', name: 'Errand', defaultStatus: 'parked' })
  const workflow = { statuses: ['parked', 'closed'], transitions: [{ from: ['parked'], to: 'closed' }] }
  await call('PUT', '/v1/types/errand/workflow', { body: workflow })

  const refused = await call('DELETE', '/v1/statuses/parked')
  const usedBy = { rules: ['parks'], macros: ['parks'], views: ['parked'], types: ['errand'], workflows: ['errand'] }
  t.match(refused, { status: 409, body: { code: 'in_use', count: 2, usedBy } })
  t.equal((await call('DELETE', '/v1/statuses/parked?replaceWith=solved')).status, 204)

  const rule = (await call('GET', '/v1/rules/parks')).body
  t.match(rule, { revision: 2, then: [{ status: 'solved' }] })
  t.same(
    rule.if.any.map(({ value }: { value: unknown }) => value),
    [['solved', 'on_hold'], 'solved'],
  )
  const macro = (await call('GET', '/v1/macros/parks')).body
  t.match(macro.actions, [{ status: 'solved' }, { body: 'parked' }], 'words that only look like it stay')
  const view = (await call('GET', '/v1/views')).body.data.find(({ key }: { key: string }) => key === 'parked')
  t.equal(view.condition.value, 'solved')
  t.equal((await call('GET', '/v1/types/errand')).body.defaultStatus, 'solved')
  t.match((await call('GET', '/v1/types/errand/workflow')).body, { statuses: ['solved', 'closed'], transitions: [{ from: ['solved'] }] }) // biome-ignore format: one line
  for (const { id } of [first, second]) {
    const { status, statusCategory, solvedAt, version } = await ticket(id)
    t.match({ status, statusCategory, solvedAt, version }, { status: 'solved', statusCategory: 'solved', solvedAt: String, version: 2 }) // biome-ignore format: one line
    const { rows: told } = await db.query<{ changes: object; actorKind: string }>({
      text: `select changes, actor_kind as "actorKind" from events where ticket_id = $1 and type = 'ticket.changed'`,
      values: [id],
    })
    t.match(told, [{ changes: { status: { from: 'parked', to: 'solved' } }, actorKind: 'system' }], 'told once')
  }
})

t.test('more tickets than one transaction takes follow by jobs', async (t) => {
  await desk.keepJobs()
  await made('/v1/categories', { key: 'many', name: 'Many' })
  await made('/v1/categories', { key: 'few', name: 'Few' })
  const ids: string[] = []
  for (let n = 0; n < 230; n++) ids.push((await openTicket({ category: 'many' })).id)
  t.match(await call('DELETE', '/v1/categories/many'), { status: 409, body: { count: 230 } })
  t.equal((await call('DELETE', '/v1/categories/many?replaceWith=few')).status, 204)
  const count = async () => (await call('GET', '/v1/tickets?category=few&includeTotal=true&limit=1')).body.total
  t.equal(await count(), 100)
  const jobs = async () => {
    const { rows: found } = await db.query<{ data: { after: string | null } }>({
      text: `delete from outbox where queue = 'words.follow' returning data`,
      values: [],
    })
    return found.map(({ data }) => data as Parameters<typeof followWord.handle>[1])
  }
  for (const job of await jobs()) await system.execute(followWord, job)
  for (const job of await jobs()) await system.execute(followWord, job)
  t.equal(await count(), 230)
  t.same(await jobs(), [], 'and then it is done')
  t.match(await ticket(ids[229] ?? ''), { category: 'few', version: 2 })
  t.rejects(app.desk.as({ kind: 'rule', id: 'x' }, { channel: 'rule' }).execute(followWord, { noun: 'category', key: 'many', to: 'few', after: null })) // biome-ignore format: one line
})

t.test('tickets follow what a word means now', async (t) => {
  await made('/v1/statuses', { key: 'done_so_far', name: 'Done so far', category: 'open' })
  const { id } = await openTicket({ status: 'done_so_far' })
  t.equal((await call('PATCH', '/v1/statuses/done_so_far', { body: { category: 'solved' } })).status, 200)
  t.match(await ticket(id), { status: 'done_so_far', statusCategory: 'solved', solvedAt: String })
  const again = { noun: 'status', key: 'done_so_far', to: null, after: null } as const
  await db.query({ text: `update tickets set status_category = 'open' where id = $1`, values: [id] })
  await system.execute(followWord, again)
  t.match(await ticket(id), { statusCategory: 'solved', version: 3 }, 'who was late follows, too')
  await system.execute(followWord, again)
  t.match(await ticket(id), { version: 3 }, 'and once')

  const low = await openTicket({ priority: 'low', tags: ['ranked'] })
  const high = await openTicket({ priority: 'high', tags: ['ranked'] })
  const sorted = async () => {
    const { data } = (await call('GET', '/v1/tickets?sort=-priority&tags[contains]=ranked')).body
    const order = data.map((each: { id: string }) => each.id)
    return order.indexOf(high.id) < order.indexOf(low.id)
  }
  t.ok(await sorted())
  await call('PATCH', '/v1/priorities/low', { body: { position: 100 } })
  t.notOk(await sorted(), 'low is the most urgent now')
  t.equal((await ticket(low.id)).version, 1, 'of which nobody is told')
  const above = {
    condition: {
      all: [
        { field: 'priority', op: 'gte', value: 'urgent' },
        { field: 'tags', op: 'contains', value: 'ranked' },
      ],
    },
  }
  const { data } = (await call('POST', '/v1/tickets/search', { body: above })).body
  t.ok(
    data.some((each: { id: string }) => each.id === low.id),
    'conditions know the new order',
  )
  await call('PATCH', '/v1/priorities/low', { body: { position: 1 } })
})

t.test('types say how their tickets begin, and who may open them', async (t) => {
  const team = await made('/v1/teams', { name: 'Second line' })
  await made('/v1/types', {
    key: 'secret',
    name: 'Secret',
    hidden: true,
    defaultTeamId: team.id,
    defaultPriority: 'high',
  })
  t.match(await openTicket({ type: 'secret' }), { teamId: team.id, priority: 'high' })
  const own = { subject: 'x', body: 'x', type: 'secret' }
  t.match(await call('POST', '/v1/tickets', { body: own, key: ruth.key }), { status: 422, body: { errors: [{ pointer: '/type' }] } }) // biome-ignore format: one line
  t.notOk((await keysOf('types', ruth.key)).includes('secret'))
  t.match(await call('GET', '/v1/types/secret', { key: ruth.key }), { status: 404 })
  t.match(await call('GET', '/v1/types/secret/schema', { key: ruth.key }), { status: 404 })

  await made('/v1/mailboxes', { address: 'secret@kontor.localhost', type: 'secret' })
  await call('PATCH', '/v1/types/secret', { body: { enabled: false } })
  const body = { ...own, requesterId: ruth.id }
  t.match(await call('POST', '/v1/tickets', { body }), { status: 422, body: { errors: [{ pointer: '/type' }] } })
  const { id } = await openTicket()
  t.match(await call('PATCH', `/v1/tickets/${id}`, { body: { type: 'secret' } }), { status: 422 })
  const mail = await receive('From: ruth@example.com\nSubject: Hi\nMessage-ID: <v1@example.com>\n\nHi\n', { rcptTo: 'secret@kontor.localhost' }) // biome-ignore format: one line
  t.match(await ticket(mail.ticketId), { type: 'secret', teamId: team.id }, 'mail is not lost')

  const faults: [object, object][] = [
    [{ defaultStatus: 'opn' }, { pointer: '/defaultStatus' }],
    [{ defaultPriority: 'none' }, { pointer: '/defaultPriority' }],
    [{ defaultTeamId: 'tea_none' }, { pointer: '/defaultTeamId', code: 'not_found' }],
  ]
  for (const [input, fault] of faults)
    t.match(await call('PATCH', '/v1/types/secret', { body: input }), { status: 422, body: { errors: [fault] } })
  t.match(await call('POST', '/v1/statuses', { body: { key: 'x', name: 'x', category: 'open', template: 'nothing' } }), { status: 422, body: { errors: [{ pointer: '/template' }] } }) // biome-ignore format: one line
  for (const key of await keysOf('types'))
    if (key !== 'ticket') await call('PATCH', `/v1/types/${key}`, { body: { hidden: true } })
  const last = await call('DELETE', '/v1/types/ticket?replaceWith=secret')
  t.match(last, { status: 400, body: { errors: [{ pointer: '/replaceWith', code: 'not_allowed' }] } })
  t.match(await call('PATCH', '/v1/types/ticket', { body: { enabled: false } }), { status: 422, body: { errors: [{ pointer: '/enabled' }] } }) // biome-ignore format: one line
})

t.test('a type goes with its workflow, and its tickets are another kind from then on', async (t) => {
  await made('/v1/types', { key: 'gone', name: 'Gone' })
  await call('PUT', '/v1/types/gone/workflow', { body: { statuses: ['open', 'on_hold', 'closed'] } })
  await made('/v1/fields', { key: 'of_gone', name: 'Of gone', type: 'text', types: ['gone'] })
  await made('/v1/types', { key: 'heir', name: 'Heir' })
  const statusMapping = [{ from: 'on_hold', to: 'solved' }]
  await call('PUT', '/v1/types/heir/workflow', { body: { statuses: ['open', 'solved', 'closed'], statusMapping } })
  const held = await openTicket({ type: 'gone', status: 'on_hold', fields: { of_gone: 'x' } })
  t.match(await call('DELETE', '/v1/types/gone'), { status: 409, body: { count: 1, usedBy: { fields: ['of_gone'] } } })
  t.equal((await call('DELETE', '/v1/types/gone?replaceWith=heir')).status, 204)
  t.match(await ticket(held.id), { type: 'heir', status: 'solved', fields: { of_gone: 'x' } })
  t.same((await call('GET', '/v1/fields/of_gone')).body.types, ['heir'])
  t.equal((await db.query({ text: `select 1 from workflows where type = 'gone'`, values: [] })).rows.length, 0)
})

t.test('requesters hear of each phase that says so, once the shipped rule is switched on', async (t) => {
  await made('/v1/templates', {
    key: 'repaired',
    name: 'Repaired',
    subject: 'Repaired',
    body: 'Fetch {{ ticket.number }}.',
  })
  await made('/v1/statuses', {
    key: 'repaired',
    name: 'Repaired internally',
    requesterLabel: 'Ready to fetch',
    category: 'solved',
    notifyRequester: true,
    template: 'repaired',
    pausesSla: true,
  })
  await made('/v1/statuses', { key: 'sent_in', name: 'Sent in', category: 'open', notifyRequester: true })
  t.match((await call('GET', '/v1/statuses/repaired')).body, { pausesSla: true, requesterLabel: 'Ready to fetch' })
  const mails = async (id: string) => {
    const { data } = (await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=automatic_mail`)).body
    return Promise.all(
      data.map(async ({ id: mail, to, subject }: { id: string; to: string; subject: string }) => ({
        to,
        subject,
        says: (await call('GET', `/v1/mail/outbound/${mail}/why`)).body.bodyText,
      })),
    )
  }
  const silent = await openTicket()
  await call('PATCH', `/v1/tickets/${silent.id}`, { body: { status: 'repaired' } })
  t.same(await mails(silent.id), [], 'it is shipped switched off')

  const key = 'tell_requester_of_each_phase'
  t.equal((await call('PATCH', `/v1/rules/${key}`, { body: { enabled: true } })).status, 200)
  const { id, number } = await openTicket()
  for (const status of ['sent_in', 'on_hold', 'repaired'])
    await call('PATCH', `/v1/tickets/${id}`, { body: { status }, key: agent.key })
  t.same((await mails(id)).reverse(), [
    {
      to: 'ruth@example.com',
      subject: `Your ticket: Sent in #[${number}]`,
      says: `Your ticket ${number} is now: Sent in.\n\nTo add something, answer this mail.`,
    },
    { to: 'ruth@example.com', subject: `Repaired #[${number}]`, says: `Fetch ${number}.` },
  ])
  await call('DELETE', '/v1/statuses/sent_in?replaceWith=repaired')
  t.equal((await mails(id)).length, 2, 'a word that is replaced is no phase')
})
