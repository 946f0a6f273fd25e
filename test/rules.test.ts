import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startDesk } from './support/desk.ts'
import { mailWriter } from './support/mail-text.ts'

const desk = await startDesk(t)
const { call, person, receive, openTicket } = desk

const mail = mailWriter('r')
const from = (mailFrom: string) => ({ mailFrom })

const ticketOf = async (id: string) => (await call('GET', `/v1/tickets/${id}`)).body
const runsOf = async (id: string) =>
  (await call('GET', `/v1/tickets/${id}/rule-runs?limit=100`)).body.data.map((run: Record<string, unknown>) => [
    run.ruleKey,
    run.outcome,
  ])
const explained = async (id: string, rule: string, event = '') =>
  (await call('GET', `/v1/tickets/${id}/explain?rule=${rule}${event && `&event=${event}`}`)).body
const mailsTo = async (id: string, kind: string) =>
  (await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=${kind}`)).body.data.map(({ to }: { to: string }) => to)
const add = (rule: Record<string, unknown>) =>
  call('POST', '/v1/rules', { body: { name: 'A rule', on: ['ticket.changed'], if: { all: [] }, ...rule } })
const remove = (...keys: string[]) => Promise.all(keys.map((key) => call('DELETE', `/v1/rules/${key}`)))

/** OneDesk's flow: mail, assignment, reply, answer. */
async function flow(address: string) {
  const agent = await person('agent')
  const { ticketId: id } = await receive(mail({ From: address }), from(address))
  const opened = await ticketOf(id)
  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: agent.id } })
  await call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { body: 'Have you tried water?' } })
  const answered = await ticketOf(id)
  const rcptTo = await desk.replyAddress(id, address)
  await receive(mail({ From: address }, 'It is worse now.'), { ...from(address), rcptTo })
  return { id, agent, opened, answered, after: await ticketOf(id) }
}

t.test("OneDesk's flow by shipped rules alone, and each of them can be explained", async (t) => {
  const { id, agent, opened, answered, after } = await flow('one@good.test')
  t.match(opened, { status: 'open', assigneeId: null })
  t.same(await mailsTo(id, 'acknowledgement'), ['one@good.test'])
  t.match(answered, { status: 'waiting_on_customer' })
  t.same(await mailsTo(id, 'reply'), ['one@good.test'])
  t.match(after, { status: 'waiting_on_agent', needsReaction: true })
  t.same(await mailsTo(id, 'notification'), [agent.email, agent.email], 'told of the assignment and of the answer')
  t.same(await runsOf(id), [
    ['tell_assignee_of_reply', 'fired'],
    ['customer_reply_waits_for_agent', 'fired'],
    ['agent_reply_waits_for_customer', 'fired'],
    ['tell_assignee_of_assignment', 'fired'],
    ['acknowledge_new_ticket', 'fired'],
  ])

  await desk.app.relay.drain()
  const { data: events } = (await call('GET', '/v1/events?limit=100')).body
  const ofTicket = events.filter(({ ticketId }: { ticketId: string }) => ticketId === id)
  const changed = ofTicket.filter(({ type }: { type: string }) => type === 'ticket.changed')
  t.match(
    changed.map(({ cause, actor, changes }: Record<string, unknown>) => ({ cause, actor, changes })),
    [
      {
        cause: { ruleKey: 'agent_reply_waits_for_customer' },
        actor: { kind: 'rule' },
        changes: { status: { from: 'open', to: 'waiting_on_customer' } },
      },
      { cause: { ruleKey: 'customer_reply_waits_for_agent' }, changes: { status: { to: 'waiting_on_agent' } } },
    ],
  )
  const replies = ofTicket.filter(({ type }: { type: string }) => type === 'ticket.replied')
  t.match(await explained(id, 'agent_reply_waits_for_customer', replies[0].id), {
    outcome: 'fired',
    revision: 1,
    conditions: [{ field: 'actor.role', op: 'in', actual: 'agent', held: true }, { held: true }, { held: false }],
    failedCondition: null,
  })
  t.match(await explained(id, 'agent_reply_waits_for_customer', replies[1].id), {
    outcome: 'not_matched',
    failedCondition: { field: 'actor.role', actual: 'requester', held: false },
  })
  t.match(await explained(id, 'reopen_on_customer_reply', replies[1].id), {
    outcome: 'not_matched',
    failedCondition: { field: 'statusCategory', actual: 'waiting_on_customer' },
  })
  t.match(await explained(id, 'acknowledge_new_ticket', replies[1].id), {
    outcome: 'not_matched',
    reason: /does not listen to ticket.replied/,
  })
  const graph = await desk.graphql(
    `{ ruleRuns(ticketId: "${id}") { nodes { ruleKey outcome changes } } explainRule(ticketId: "${id}", rule: "tell_assignee_of_reply") { outcome reason } rules { key on if then } }`,
  )
  t.match(graph.body.data, {
    ruleRuns: { nodes: [{ ruleKey: 'tell_assignee_of_reply' }, { changes: { status: { to: 'waiting_on_agent' } } }] },
    explainRule: { outcome: 'fired' },
    rules: [{ key: 'acknowledge_new_ticket', on: ['ticket.opened'], then: [{ action: 'acknowledgeTicket' }] }],
  })
})

t.test('a rule that is switched off takes away just what it did', async (t) => {
  for (const [key, differs] of [
    ['acknowledge_new_ticket', { acknowledged: [] }],
    ['agent_reply_waits_for_customer', { answered: 'open' }],
    ['customer_reply_waits_for_agent', { after: 'waiting_on_customer' }],
    ['tell_assignee_of_assignment', { notified: 1 }],
    ['tell_assignee_of_reply', { notified: 1 }],
  ] as const) {
    t.match(await call('PATCH', `/v1/rules/${key}`, { body: { enabled: false } }), {
      status: 200,
      body: { enabled: false },
    })
    const address = `${key.replaceAll('_', '-')}@good.test`
    const { id, answered, after } = await flow(address)
    const seen = {
      acknowledged: await mailsTo(id, 'acknowledgement'),
      answered: answered.status,
      after: after.status,
      notified: (await mailsTo(id, 'notification')).length,
    }
    const usual = { acknowledged: [address], answered: 'waiting_on_customer', after: 'waiting_on_agent', notified: 2 }
    t.same(seen, { ...usual, ...differs }, key)
    t.match(await explained(id, key), { outcome: 'not_matched', reason: /switched off/ })
    await call('PATCH', `/v1/rules/${key}`, { body: { enabled: true } })
  }
})

t.test('a customer who writes to a solved ticket opens it again', async (t) => {
  const ruth = await person('requester')
  const { id } = await openTicket({ requesterId: ruth.id })
  await call('PATCH', `/v1/tickets/${id}`, { body: { status: 'closed' } })
  await call('POST', `/v1/tickets/${id}/replies`, { key: ruth.key, body: { body: 'Not yet!' } })
  t.match(await ticketOf(id), { status: 'open', closedAt: null, solvedAt: null })
})

t.test('a status that a person gives with a reply stands: rules set no other at it, visibly', async (t) => {
  const waits = { after: { seconds: 60 }, then: [{ action: 'changeTicket', status: 'closed' }] }
  await add({ key: 'closes_later', on: ['ticket.replied'], ...waits })
  await add({ key: 'tags', on: ['ticket.replied'], then: [{ action: 'changeTicket', addTags: ['answered'] }] })
  for (const status of ['solved', 'on_hold', 'open']) {
    const { id } = await openTicket()
    const { status: code } = await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'An answer', status } })
    t.equal(code, 201)
    t.match(await ticketOf(id), { status, tags: ['answered'] }, 'what else rules do is done')
    t.match(await runsOf(id), [
      ['tags', 'fired'],
      ['agent_reply_waits_for_customer', 'guarded'],
      ['acknowledge_new_ticket', 'fired'],
    ])
    const [{ ruleKey }] = (await call('GET', `/v1/tickets/${id}/rule-timers`)).body.data
    t.equal(ruleKey, 'closes_later', 'what waits does not set it at once')
    const replied = (await call('GET', `/v1/tickets/${id}/explain?rule=agent_reply_waits_for_customer`)).body
    t.match(replied, { outcome: 'guarded', reason: /whoever wrote has set the status/, failedCondition: null })
    const [run] = (await call('GET', `/v1/tickets/${id}/rule-runs?outcome=guarded`)).body.data
    t.match(run, { eventId: replied.eventId, changes: {}, detail: 'whoever wrote has set the status' })
  }
  await call('POST', '/v1/templates', { body: { key: 'done', name: 'Done', body: 'It is done.' } })
  const solving = { template: 'done', actions: [{ action: 'changeTicket', status: 'solved' }] }
  t.equal((await call('POST', '/v1/macros', { body: { key: 'solve', name: 'Solve', ...solving } })).status, 201)
  const by = await openTicket()
  t.equal((await call('POST', '/v1/macros/solve/apply', { body: { ticketId: by.id } })).status, 200)
  t.match(await ticketOf(by.id), { status: 'solved', tags: ['answered'] }, 'of a macro, too')
  const { id } = await openTicket()
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'An answer' } })
  t.match(await ticketOf(id), { status: 'waiting_on_customer' }, 'without one they do')
  await remove('closes_later', 'tags')
})

t.test('mail opens a ticket again only so often within an hour; what is beyond is visible, and not lost', async (t) => {
  const address = 'machine@good.test'
  const { ticketId: id } = await receive(mail({ From: address }), from(address))
  const rcptTo = await desk.replyAddress(id, address)
  const statuses: string[] = []
  for (let n = 0; n < 7; n++) {
    await call('PATCH', `/v1/tickets/${id}`, { body: { status: 'solved' } })
    await receive(mail({ From: address }, `Thanks ${n}`), { ...from(address), rcptTo })
    statuses.push((await ticketOf(id)).status)
  }
  t.same(statuses, ['open', 'open', 'open', 'open', 'open', 'solved', 'solved'])
  t.equal((await call('GET', `/v1/tickets/${id}/messages?includeTotal=true`)).body.total, 8)
  t.match((await call('GET', `/v1/tickets/${id}/rule-runs?outcome=guarded`)).body.data, [
    { ruleKey: 'reopen_on_customer_reply', detail: /5 times within an hour/ },
    {},
  ])
})

t.test('what a rule replies leaves as automatic mail, and never to a machine', async (t) => {
  await add({ key: 'hello', on: ['ticket.opened'], then: [{ action: 'postReply', body: 'Welcome' }] })
  const human = await receive(mail({ From: 'human@good.test' }), from('human@good.test'))
  const robot = await receive(
    mail({ From: 'robot@good.test', 'Auto-Submitted': 'auto-generated' }),
    from('robot@good.test'),
  )
  const sent = async (id: string) =>
    (await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=automatic_reply`)).body.data
  t.match(await sent(human.ticketId), [{ to: 'human@good.test', state: 'unrouted' }])
  t.match(await sent(robot.ticketId), [
    { to: 'robot@good.test', state: 'suppressed', smtpResponse: /no automatic answer/ },
  ])
  t.same(await mailsTo(robot.ticketId, 'acknowledgement'), [])
  await remove('hello')
})

t.test('rules that chase each other stop at the guard, visibly, and what began it stands', async (t) => {
  const chase = (key: string, to: string) => ({
    key,
    on: ['ticket.replied', 'ticket.changed'],
    if: { field: 'priority', op: 'isNot', value: to },
    then: [{ action: 'changeTicket', priority: to }],
    reactToRules: true,
  })
  t.equal((await add(chase('chase_up', 'high'))).status, 201)
  t.equal((await add(chase('chase_down', 'low'))).status, 201)
  const { id } = await openTicket()
  const reply = await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Round we go' } })
  t.equal(reply.status, 201)
  t.match((await call('GET', `/v1/messages/${reply.body.id}`)).body, { bodyText: 'Round we go' })
  const runs = await runsOf(id)
  t.ok(runs.filter(([, outcome]: string[]) => outcome === 'guarded').length >= 1)
  t.ok(runs.length < 20, `${runs.length} runs`)
  await desk.app.relay.drain()
  const { data } = (await call('GET', '/v1/events?types=rule.guarded&limit=100')).body
  t.match(data.at(-1), { ticketId: id, data: { reason: /already|generations/ } })
  await remove('chase_up', 'chase_down')
})

t.test('an action that is refused takes back its rule alone, and leaves rule.failed', async (t) => {
  const gone = await person('agent')
  await add({
    key: 'half_way',
    on: ['ticket.replied'],
    then: [
      { action: 'changeTicket', addTags: ['half'], priority: 'urgent' },
      { action: 'assignTicket', assigneeId: gone.id },
    ],
    position: 1,
  })
  await add({ key: 'whole', on: ['ticket.replied'], then: [{ action: 'postNote', body: 'Seen' }], position: 2 })
  await call('PATCH', `/v1/people/${gone.id}`, { body: { disabled: true } })
  const { id } = await openTicket()
  t.equal((await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Hello' } })).status, 201)
  t.match(await ticketOf(id), { tags: [], priority: 'normal', assigneeId: null, status: 'waiting_on_customer' })
  t.same((await runsOf(id)).slice(0, 3), [
    ['agent_reply_waits_for_customer', 'fired'],
    ['whole', 'fired'],
    ['half_way', 'failed'],
  ])
  await desk.app.relay.drain()
  t.match((await call('GET', '/v1/events?types=rule.failed&limit=100')).body.data.at(-1), {
    ticketId: id,
    data: { ruleKey: 'half_way', code: 'not_assignable' },
  })
  t.match(await explained(id, 'half_way'), { outcome: 'failed', reason: /not_assignable/ })
  await remove('half_way', 'whole')
})

t.test('rules run in their order, and one may stop the others; drafts and other types do not run', async (t) => {
  const tag = (key: string, more: object) =>
    add({ key, on: ['ticket.opened'], then: [{ action: 'changeTicket', addTags: [key] }], ...more })
  await tag('third', { position: 3 })
  await tag('first', { position: 1 })
  await tag('second', { position: 2, stop: true })
  await tag('a_draft', { position: 1, state: 'draft' })
  await tag('switched_off', { position: 1, enabled: false })
  const { id } = await openTicket()
  t.same((await ticketOf(id)).tags, ['first', 'second'])
  t.match(await explained(id, 'third'), { outcome: 'stopped', reason: /second/ })
  t.match(await explained(id, 'a_draft'), { outcome: 'not_matched', reason: /draft/ })
  t.match(await call('PATCH', '/v1/rules/second', { body: { stop: false } }), { status: 200, body: { revision: 2 } })
  t.same((await call('GET', '/v1/rules/second')).body.if, { all: [] }, 'a condition is read as it was written')
  t.same((await ticketOf((await openTicket()).id)).tags, ['first', 'second', 'third'])
  t.match(await explained(id, 'second'), { revision: 1 }, 'what it said then explains what it did then')
  await remove('first', 'second', 'third', 'a_draft', 'switched_off')
})

t.test('a rule that cannot work is refused with a pointer to the fault', async (t) => {
  const ok = { key: 'bad_rule', then: [{ action: 'changeTicket', status: 'open' }] }
  for (const [rule, pointer, more] of [
    [{ if: { field: 'statuss', op: 'is', value: 'open' } }, '/if/field', { didYouMean: 'status' }],
    [{ if: { field: 'needsReaction', op: 'gt', value: true } }, '/if/op', {}],
    [{ if: { all: [{ field: 'status', op: 'is', value: 'opened' }] } }, '/if/all/0/value', {}],
    [{ if: { field: 'subject', op: 'matches', value: '(?=x)' } }, '/if/value', {}],
    [{ then: [{ action: 'closeTicket' }] }, '/then/0/action', {}],
    [{ then: [{ action: 'changeTicket', colour: 'red' }] }, '/then/0/colour', {}],
    [{ then: [{ action: 'changeTicket', status: 'gone' }] }, '/then/0/status', {}],
    [{ then: [{ action: 'postReply', body: '' }] }, '/then/0/body', {}],
    [{ types: ['nothing'] }, '/types/0', {}],
    [{ on: ['ticket.exploded'] }, '/on/0', {}],
    [{ key: 'Bad Key' }, '/key', {}],
  ] as const) {
    const answer = await add({ ...ok, ...rule })
    t.match(answer, { status: 422, body: { code: 'invalid_input', errors: [{ pointer }], ...more } }, pointer)
  }
  t.equal((await add(ok)).status, 201)
  t.match(await add(ok), { status: 409, body: { code: 'rule_taken' } })
  const agent = await person('agent')
  t.equal((await call('PATCH', '/v1/rules/bad_rule', { key: agent.key, body: { enabled: false } })).status, 403)
  t.equal((await call('DELETE', '/v1/rules/bad_rule')).status, 204)
  t.equal((await call('GET', '/v1/rules/bad_rule')).status, 404)
})

t.test('round robin is fair, also for many tickets at once, and passes over whoever cannot have tickets', async (t) => {
  await call('PATCH', '/v1/rules/round_robin', { body: { enabled: true } })
  const team = (await call('GET', '/v1/people?supportTeam=true&limit=100')).body.data.filter(
    ({ disabledAt }: { disabledAt: string | null }) => disabledAt === null,
  )
  const tickets = await Promise.all(Array.from({ length: 6 * team.length }, () => openTicket()))
  const owners = await Promise.all(tickets.map(async ({ id }) => (await ticketOf(id)).assigneeId))
  const shares = team.map(({ id }: { id: string }) => owners.filter((owner) => owner === id).length)
  t.ok(Math.max(...shares) - Math.min(...shares) <= 1, String(shares))
  await desk.app.relay.drain()
  const [run] = (await call('GET', `/v1/tickets/${tickets[0].id}/rule-runs?ruleKey=round_robin`)).body.data
  t.match(run, { outcome: 'fired', changes: { assigneeId: { from: null, to: String } } })

  const lead = await person('agent')
  const { id: teamId } = (await call('POST', '/v1/teams', { body: { name: 'Two', memberIds: [lead.id] } })).body
  const { id } = await openTicket()
  t.match((await call('PUT', `/v1/tickets/${id}/assignment`, { body: { teamId, strategy: 'round_robin' } })).body, {
    assigneeId: lead.id,
    teamId,
  })
  await call('PATCH', `/v1/people/${lead.id}`, { body: { disabled: true } })
  t.match(await call('PUT', `/v1/tickets/${id}/assignment`, { body: { teamId, strategy: 'round_robin' } }), {
    status: 422,
    body: { code: 'not_assignable' },
  })
  await call('PATCH', '/v1/rules/round_robin', { body: { enabled: false } })
})

t.test('a rule is tried on a ticket before it touches anybody, saved or not', async (t) => {
  const { id } = await openTicket({ subject: 'Trial by fire' })
  const runs = (await runsOf(id)).length
  const test = (body: object, key = 'acknowledge_new_ticket') =>
    call('POST', `/v1/rules/${key}/test`, { body: { ticketId: id, ...body } })
  t.match(await test({}), {
    status: 200,
    body: { eventType: 'ticket.opened', matches: true, actions: [{ action: 'acknowledgeTicket' }] },
  })
  const unsaved = {
    on: ['ticket.opened'],
    if: { field: 'subject', op: 'contains', value: 'water' },
    then: [{ action: 'changeTicket', priority: 'urgent' }],
  }
  t.match((await test({ rule: unsaved }, 'not_there_yet')).body, {
    matches: false,
    failedCondition: { field: 'subject', actual: 'Trial by fire', held: false },
    actions: [],
  })
  const better = { ...unsaved, if: { field: 'subject', op: 'contains', value: 'fire' } }
  t.match((await test({ rule: better }, 'not_there_yet')).body, { matches: true, actions: unsaved.then })
  t.match(await test({ rule: { if: better.if } }, 'not_there_yet'), { status: 404, body: { code: 'rule_not_found' } })
  t.match(await test({ rule: { ...better, if: { field: 'subjekt', op: 'is', value: 'x' } } }), {
    status: 422,
    body: { errors: [{ pointer: '/if/field' }], didYouMean: 'subject' },
  })
  t.equal((await runsOf(id)).length, runs, 'nothing was done')
  t.match((await ticketOf(id)).priority, 'normal')
  const { body } = await call('GET', '/v1/conditions')
  t.match(
    body.actions.map(({ action }: { action: string }) => action),
    [
      'acknowledgeTicket',
      'changeTicket',
      'assignTicket',
      'postReply',
      'postNote',
      'addFollower',
      'notifyPerson',
      'sendMail',
      'tellPhase',
      'snoozeTicket',
      'markAsSpam',
      'unmarkAsSpam',
      'applyMacro',
    ],
  )
  t.match(body.actions[1].input.properties, { addTags: { type: 'array' }, status: { type: 'string' } })
})

t.test('the examples of the documents work', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/rules.md'), 'utf8')
  const examples = [...text.matchAll(/curl -s http:\/\/127\.0\.0\.1:3000(\S+) .*? -d '([^']+)'/gs)]
  t.equal(examples.length, 4)
  for (const [, path = '', body = ''] of examples)
    t.equal(
      (await call('POST', path, { body: JSON.parse(body) })).status,
      path.endsWith('simulations') ? 202 : 201,
      path,
    )
  const rendered = await call('GET', `/v1/templates/try_water/render?ticketId=${(await openTicket()).id}`)
  t.match(rendered.body, { body: /try water/ })
})

t.test('what rules make of a ticket is in the answer, as its reader may see it', async (t) => {
  const then = [{ action: 'changeTicket', priority: 'urgent', addTags: ['loud'] }]
  const body = { key: 'loud', name: 'Loud', on: ['ticket.opened', 'ticket.assigned'], if: { all: [] }, then }
  await call('POST', '/v1/rules', { body })
  await call('POST', '/v1/rules', {
    body: {
      ...body,
      key: 'next_in_turn',
      on: ['ticket.opened'],
      then: [{ action: 'assignTicket', strategy: 'round_robin' }],
    },
  })
  const opened = await call('POST', '/v1/tickets', {
    body: { subject: 'Loud', body: 'x', requester: { email: 'loud@rules.test' } },
  })
  t.match(opened.body, { priority: 'urgent', tags: ['loud'] })
  t.same(opened.body, await ticketOf(opened.body.id))
  t.ok(opened.body.assigneeId, 'also by an action that reads')
  t.equal(opened.headers.etag, `"${opened.body.version}"`)

  const ruth = await person('requester', 'loud-ruth@rules.test')
  const own = await call('POST', '/v1/tickets', { key: ruth.key, body: { subject: 'Loud', body: 'x' } })
  t.match(own.body, { priority: 'urgent', tags: null, assigneeId: null })
  t.same(own.body, (await call('GET', `/v1/tickets/${own.body.id}`, { key: ruth.key })).body)

  const agent = await person('agent')
  await call('PATCH', `/v1/tickets/${own.body.id}`, { body: { priority: 'low' } })
  const assigned = await call('PUT', `/v1/tickets/${own.body.id}/assignment`, { body: { assigneeId: agent.id } })
  t.match(assigned.body, { priority: 'urgent', assigneeId: agent.id })
  for (const key of ['loud', 'next_in_turn']) await call('DELETE', `/v1/rules/${key}`)
})
