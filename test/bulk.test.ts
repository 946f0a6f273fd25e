import t from 'tap'
import { advanceBulkChange } from '../src/domain/bulk/advance-bulk-change.ts'
import { startDesk } from './support/desk.ts'

const { call, graphql, openTicket, person, system } = await startDesk(t)
const agent = await person('agent')

const bulk = (ticketIds: string[], actions: object[], key = agent.key) =>
  call('POST', '/v1/tickets/bulk', { key, body: { ticketIds, actions } })
const read = async (id: string) => (await call('GET', `/v1/tickets/${id}`)).body
const start = (body: object, key = agent.key) => call('POST', '/v1/tickets/bulk-jobs', { key, body })
const jobOf = async (id: string, key = agent.key) => (await call('GET', `/v1/jobs/${id}`, { key })).body
/** As the worker does it. */
async function finishAs(jobId: string) {
  for (let step = 0; step < 100; step++) await system.execute(advanceBulkChange, { jobId, step })
}
async function finish(jobId: string) {
  await finishAs(jobId)
  return jobOf(jobId)
}

t.test('actions are done to each ticket on its own, and answered in the order asked', async (t) => {
  const [first, second, third] = [await openTicket(), await openTicket(), await openTicket()]
  const refs = [third.id, String(first.number), 'tkt_nobody', second.id]
  const answer = await bulk(refs, [
    { action: 'changeTicket', priority: 'urgent', addTags: ['moved'] },
    { action: 'assignTicket', assigneeId: agent.id },
    { action: 'postNote', body: 'Moved together.' },
  ])
  t.match(answer, { status: 200 })
  t.match(
    answer.body.results.map(({ ticketId, done, code }: Record<string, unknown>) => [ticketId, done, code]),
    [
      [third.id, true, null],
      [String(first.number), true, null],
      ['tkt_nobody', false, 'ticket_not_found'],
      [second.id, true, null],
    ],
  )
  for (const { id } of [first, second, third])
    t.match(await read(id), { priority: 'urgent', tags: ['moved'], assigneeId: agent.id, lastNoteAt: /Z$/ })
})

t.test('what one refuses is undone on that one, and keeps no other from it', async (t) => {
  const [first, second] = [await openTicket(), await openTicket()]
  const { id: supplier } = await person('requester')
  await call('POST', `/v1/tickets/${first.id}/followers`, { body: { personId: supplier } })
  const { body } = await bulk(
    [first.id, second.id],
    [
      { action: 'changeTicket', priority: 'low' },
      { action: 'addFollower', personId: supplier },
    ],
  )
  t.match(body.results, [
    { ticketId: first.id, done: false, code: 'already_following' },
    { ticketId: second.id, done: true, code: null },
  ])
  t.equal((await read(first.id)).priority, 'normal', 'its first action too')
  t.equal((await read(first.id)).version, first.version)
  t.equal((await read(second.id)).priority, 'low')
  const named = await bulk([first.id, String(first.number)], [{ action: 'postNote', body: 'Once' }])
  t.match(named.body.results, [{ done: true }, { done: true }])
  const notes = (await call('GET', `/v1/tickets/${first.id}/timeline?kind=note`)).body.data
  t.equal(notes.length, 1, 'a ticket that is named twice is changed once')
})

t.test('who may, and what is asked at all', async (t) => {
  const ticket = await openTicket()
  const low = [{ action: 'changeTicket', priority: 'low' }]
  for (const role of ['light_agent', 'requester'] as const) {
    const { key } = await person(role)
    t.match(await bulk([ticket.id], low, key), { status: 403, body: { code: 'forbidden' } }, role)
    t.match(await start({ ticketIds: [ticket.id], actions: low }, key), { status: 403 }, `${role}, by a job`)
  }
  const { body: narrow } = await call('POST', '/v1/api-keys', {
    body: { name: 'narrow', scopes: ['changeTickets', 'changeTicket'] },
  })
  t.match(await bulk([ticket.id], low, narrow.key), { status: 200, body: { results: [{ done: true }] } })
  t.match(
    await bulk([ticket.id], [{ action: 'postReply', body: 'x' }], narrow.key),
    { status: 403, body: { code: 'missing_scope' } },
    'no more by many than by one',
  )
  for (const [actions, pointer] of [
    [[{ action: 'changeTicket', priority: 'lowest' }], '/actions/0/priority'],
    [[...low, { action: 'mergeEverything' }], '/actions/1/action'],
    [[{ action: 'changeTicket', ticketId: ticket.id }], '/actions/0/ticketId'],
  ] as const)
    t.match(await bulk([ticket.id], [...actions]), { status: 422, body: { errors: [{ pointer }] } }, pointer)
  const many = Array.from({ length: 101 }, (_, n) => String(n + 1))
  t.equal((await bulk(many, low)).status, 422, 'a hundred at once')
  t.equal((await start({ actions: low })).status, 422)
  t.equal((await start({ actions: low, ticketIds: [ticket.id], query: 'is:open' })).status, 422)
  t.match(await start({ actions: low, ticketIds: ['tkt_nobody'] }), {
    status: 422,
    body: { errors: [{ pointer: '/ticketIds' }] },
  })
  t.match(await start({ actions: low, query: 'is:opn' }), { status: 422, body: { errors: [{ pointer: '/query' }] } })
})

t.test('a job changes all that a search finds, in steps, with the rights of its maker', async (t) => {
  const tickets = []
  for (let n = 0; n < 60; n++) tickets.push(await openTicket({ subject: `Batch ${n}`, tags: ['batch'] }))
  const last = tickets.at(-1)
  await call('POST', `/v1/tickets/${last.id}/followers`, { body: { personId: agent.id } })
  const started = await start({
    query: 'tag:batch',
    actions: [
      { action: 'changeTicket', priority: 'high' },
      { action: 'addFollower', personId: agent.id },
    ],
  })
  t.match(started, {
    status: 202,
    body: { kind: 'bulk_change', state: 'queued', progress: { total: 60, done: 0, failed: 0 } },
  })
  t.equal(started.headers.location, `/v1/jobs/${started.body.id}`)
  const { id } = started.body
  await system.execute(advanceBulkChange, { jobId: id, step: 0 })
  await system.execute(advanceBulkChange, { jobId: id, step: 0 })
  t.match(
    await jobOf(id),
    { state: 'running', progress: { total: 60, done: 25 } },
    'a step that comes twice is made once',
  )
  const stranger = await person('agent')
  t.equal((await jobOf(id, stranger.key)).code, 'job_not_found', "nobody else's business")
  t.match(await finish(id), {
    state: 'done',
    progress: { total: 60, done: 60, failed: 1 },
    failures: [{ ticketId: last.id, code: 'already_following' }],
    finishedAt: /Z$/,
  })
  t.match(await read(tickets[0].id), { priority: 'high' })
  t.match(await read(last.id), { priority: 'normal' })
  const events = (await call('GET', `/v1/tickets/${tickets[0].id}/timeline?kind=change`)).body.data
  t.match(events[0].actor, { kind: 'person', id: agent.id })
  t.match(await call('POST', `/v1/jobs/${id}/cancel`, { key: agent.key }), {
    status: 409,
    body: { code: 'job_finished' },
  })
})

t.test('a job ends when it is cancelled, and when its maker may no more', async (t) => {
  const maker = await person('agent')
  const tickets = await Promise.all(Array.from({ length: 30 }, () => openTicket({ tags: ['ends'] })))
  const actions = [{ action: 'changeTicket', priority: 'low' }]
  const cancelled = (await start({ ticketIds: tickets.map(({ id }) => id), actions }, maker.key)).body
  await system.execute(advanceBulkChange, { jobId: cancelled.id, step: 0 })
  const other = await person('agent')
  t.equal((await call('POST', `/v1/jobs/${cancelled.id}/cancel`, { key: other.key })).status, 404)
  const answer = await graphql(
    'mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { state progress { done total } } }',
    { id: cancelled.id },
    { key: maker.key },
  )
  t.same(answer.body.data.cancelJob, { state: 'cancelled', progress: { done: 25, total: 30 } })
  t.match(await finish(cancelled.id), {})
  t.match(await jobOf(cancelled.id, maker.key), { state: 'cancelled', progress: { done: 25 } })

  const ended = (
    await start({ query: 'tag:ends', actions: [{ action: 'changeTicket', priority: 'urgent' }] }, maker.key)
  ).body
  await call('PATCH', `/v1/people/${maker.id}`, { body: { role: 'light_agent' } })
  await finish(ended.id)
  const asked = await graphql('query ($id: ID!) { job(id: $id) { state detail progress { done } } }', { id: ended.id })
  t.match(asked.body.data.job, { state: 'failed', detail: /no agent/, progress: { done: 0 } })

  const keeper = await person('agent')
  const left = (await start({ query: 'tag:ends', actions }, keeper.key)).body
  const { data: keys } = (await call('GET', '/v1/api-keys', { key: keeper.key })).body
  t.equal((await call('DELETE', `/v1/api-keys/${keys[0].id}`)).status, 204)
  await finishAs(left.id)
  const { body: failed } = await call('GET', `/v1/jobs/${left.id}`)
  t.match(failed, { state: 'failed', detail: /key is out of use/, progress: { done: 0 } })
})
