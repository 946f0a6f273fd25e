import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { postReply } from '../src/domain/conversations/post-reply.ts'
import { actorOf } from '../src/domain/people/decide.ts'
import { findPerson } from '../src/domain/people/store.ts'
import { deferSlaClock } from '../src/domain/sla/defer-sla-clock.ts'
import { fireSlaClock } from '../src/domain/sla/fire-sla-clock.ts'
import { followSlaPolicies } from '../src/domain/sla/follow-sla-policies.ts'
import { ticketSla } from '../src/domain/sla/queries.ts'
import type { ExplainedClock, SlaClock } from '../src/domain/sla/schema.ts'
import { slaClockWork } from '../src/jobs/sla-clocks.ts'
import { startDesk } from './support/desk.ts'
import { slaWorlds } from './torture/sla.ts'

const HOUR_MS = 3_600_000
const HOUR = 3_600
/** A Monday long ago: by the database's clock whatever is due is past. */
const BEGIN = Date.parse('2025-03-03T08:00:00.000Z')
let now = BEGIN
const desk = await startDesk(t, {}, () => new Date(now))
const { app, call, db, graphql, openTicket, person, system } = desk
await desk.withoutRules()

const requester = await person('requester')
const requesterRow = await findPerson(db, requester.id)
if (!requesterRow) throw new Error('nobody was made')
// without a token: one lives by the clock on the wall
const asRequester = app.desk.as(actorOf(requesterRow), { channel: 'api' })

const pass = (hours: number) => {
  now += hours * HOUR_MS
}
const at = (hours: number): string => new Date(BEGIN + hours * HOUR_MS).toISOString()
const restart = () => {
  now = BEGIN
}
/** What the jobs do that a change of policies leaves. */
const follow = () => system.execute(followSlaPolicies, { after: null })
const fire = async () => {
  const errors: unknown[] = []
  await Promise.all([1, 2, 3].map(() => slaClockWork.round(system, (error) => errors.push(error))))
  t.same(errors, [], 'nothing broke')
}
const open = (members: object = {}) => openTicket({ requesterId: requester.id, ...members })
const clocksOf = async (id: string): Promise<Record<string, SlaClock>> =>
  Object.fromEntries(
    (await call('GET', `/v1/tickets/${id}/sla`)).body.clocks.map((clock: SlaClock) => [clock.metric, clock]),
  )
const explained = async (id: string) => (await call('GET', `/v1/tickets/${id}/sla/explain`)).body
const reply = (id: string) => call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'x' } })
const ask = (id: string) => asRequester.execute(postReply, { ticketId: id, body: 'x' })
const change = async (id: string, body: object) =>
  t.equal((await call('PATCH', `/v1/tickets/${id}`, { body })).status, 200, JSON.stringify(body))
const told = async (id: string) => {
  const { rows } = await db.query<{ type: string; metric: string }>({
    text: "select type, data->>'metric' as metric from events where ticket_id = $1 and type like 'sla.%' order by id",
    values: [id],
  })
  return rows.map(({ type, metric }) => `${type} ${metric}`)
}
const setPolicy = async (body: object) => {
  await call('DELETE', '/v1/sla-policies/standard')
  const answer = await call('POST', '/v1/sla-policies', { body: { ...POLICY, ...body } })
  t.equal(answer.status, 201, answer.text)
  await follow()
}

const POLICY = {
  key: 'standard',
  name: 'Standard',
  targets: [
    {
      priority: null as string | null,
      firstReplySeconds: 4 * HOUR,
      nextReplySeconds: 8 * HOUR,
      resolutionSeconds: 24 * HOUR,
    },
    { priority: 'urgent', firstReplySeconds: HOUR, resolutionSeconds: 2 * HOUR },
  ],
  pausedIn: ['waiting_on_customer'],
}
const OFFICE = [{ from: '08:00', to: '16:00' }]
const office = {
  key: 'office',
  name: 'Office',
  timeZone: 'UTC',
  hours: { monday: OFFICE, tuesday: OFFICE, wednesday: OFFICE, thursday: OFFICE, friday: OFFICE },
}

t.test('a desk without policies keeps no clocks', async (t) => {
  const { id } = await open()
  await reply(id)
  t.same((await call('GET', `/v1/tickets/${id}/sla`)).body, {
    ticketId: id,
    policyKey: null,
    policyVersion: null,
    priority: null,
    phase: 'unbound',
    clocks: [],
  })
  t.match(await desk.rows(), { sla_log: 0, sla_clocks: 0, sla_tickets: 0 })
})

t.test('policies are kept by admins, read by agents, and refused where they could not work', async (t) => {
  const path = '/v1/sla-policies'
  const added = await call('POST', path, { body: POLICY })
  t.match(added, {
    status: 201,
    headers: { location: '/v1/sla-policies/standard', etag: '"1"' },
    body: { key: 'standard', if: { all: [] }, calendar: null, warningPercent: 80, enabled: true, position: 10 },
  })
  t.same(added.body.targets[1], { priority: 'urgent', firstReplySeconds: HOUR, nextReplySeconds: null, resolutionSeconds: 2 * HOUR }) // biome-ignore format: one line
  t.match(await call('POST', path, { body: POLICY }), { status: 409, body: { code: 'key_taken' } })
  const target = { priority: null, resolutionSeconds: 60 }
  for (const [members, pointer] of [
    [{ calendar: 'nowhere' }, '/calendar'],
    [{ pausedIn: ['open', 'nowhere'] }, '/pausedIn/1'],
    [{ targets: [] }, '/targets'],
    [{ targets: [{ priority: 'nowhere', resolutionSeconds: 60 }] }, '/targets/0/priority'],
    [{ targets: [target, target] }, '/targets/1/priority'],
    [{ targets: [{ priority: null }] }, '/targets/0'],
    [{ targets: [{ priority: null, resolutionSeconds: 0 }] }, '/targets/0/resolutionSeconds'],
    [{ warningPercent: 100 }, '/warningPercent'],
    [{ if: { field: 'nowhere', op: 'is', value: 1 } }, '/if/field'],
    [{ if: { field: 'event.type', op: 'is', value: 'ticket.opened' } }, '/if/field'],
    [{ if: { field: 'priority', op: 'changed' } }, '/if/op'],
  ] as const) {
    const answer = await call('PATCH', `${path}/standard`, { body: members })
    t.match(answer, { status: 422 }, pointer)
    t.ok(
      answer.body.errors.some((error: { pointer: string }) => error.pointer === pointer),
      `${pointer}: ${answer.text}`,
    )
  }
  const stale = { headers: { 'if-match': '"1"' } }
  t.match(await call('PATCH', `${path}/standard`, { body: { name: 'Other' } }), { status: 200, body: { version: 2 } })
  t.match(await call('PATCH', `${path}/standard`, { body: { name: 'Third' }, ...stale }), { status: 412 })
  const agent = await person('agent')
  t.equal((await call('GET', `${path}/standard`, { key: agent.key })).body.name, 'Other')
  t.equal((await call('DELETE', `${path}/standard`, { key: agent.key })).status, 403)
  await t.rejects(asRequester.read(ticketSla, { ticketId: '1' }), { code: 'forbidden' })
  t.match(await call('GET', `${path}/nowhere`), { status: 404, body: { code: 'sla_policy_not_found' } })
  t.match(
    await graphql('{ slaPolicies { key targets { priority resolutionSeconds } } slaPolicy(key: "nowhere") { key } }'),
    {
      body: { data: { slaPolicies: [{ key: 'standard', targets: [{ priority: null }, {}] }], slaPolicy: null } },
    },
  )
  t.equal((await call('DELETE', `${path}/standard`)).status, 204)
  t.match((await call('POST', path, { body: POLICY })).body, { version: 3 }, 'its revisions go on')
})

t.test('a ticket has its first reply, its next ones and its resolution, each in its time', async (t) => {
  restart()
  const { id } = await open()
  t.match(await clocksOf(id), {
    firstReply: { state: 'running', startedAt: at(0), dueAt: at(4), targetSeconds: 4 * HOUR, elapsedSeconds: 0 },
    nextReply: undefined,
    resolution: { state: 'running', dueAt: at(24) },
  })
  pass(1)
  await ask(id)
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'Not for the customer' } })
  t.match((await clocksOf(id)).firstReply, { state: 'running', elapsedSeconds: HOUR }, 'a note is no reply')
  pass(2)
  await reply(id)
  t.match(await clocksOf(id), { firstReply: { state: 'met', metAt: at(3), breachedAt: null }, nextReply: undefined })
  pass(1)
  await ask(id)
  pass(1)
  await ask(id)
  t.match(
    (await clocksOf(id)).nextReply,
    { startedAt: at(4), dueAt: at(12), elapsedSeconds: HOUR },
    'from the first one',
  )

  await change(id, { status: 'waiting_on_customer' })
  pass(10)
  t.match(await clocksOf(id), {
    nextReply: { state: 'paused', dueAt: null, elapsedSeconds: HOUR },
    resolution: { state: 'paused', elapsedSeconds: 5 * HOUR },
  })
  await change(id, { status: 'open' })
  t.match((await clocksOf(id)).nextReply, { state: 'running', dueAt: at(22) })
  await reply(id)
  await change(id, { status: 'solved' })
  t.match(await clocksOf(id), { nextReply: { state: 'met' }, resolution: { state: 'met', metAt: at(15) } })
  pass(100)
  await change(id, { status: 'open' })
  t.match((await clocksOf(id)).resolution, { state: 'running', metAt: null, elapsedSeconds: 5 * HOUR, dueAt: at(134) })
  await ask(id)
  t.match((await clocksOf(id)).nextReply, { startedAt: at(115), elapsedSeconds: 0, state: 'running' }, 'a new one')

  const { log, clocks } = await explained(id)
  t.same(
    log.map(({ what, status }: { what: string; status: string | null }) => (status ? `${what} ${status}` : what)),
    [
      'opened open', 'bound', 'staffReply', 'customerMessage', 'moved waiting_on_customer', 'moved open', 'staffReply', 'moved solved', 'moved open', 'customerMessage',
    ], // biome-ignore format: one line
  )
  const resolution = clocks.find(({ metric }: ExplainedClock) => metric === 'resolution')
  t.same(
    resolution.stretches.map(({ from, to, counted, why, seconds }: ExplainedClock['stretches'][0]) => [from, to, counted, why, seconds]), // biome-ignore format: one line
    [
      [at(0), at(5), true, 'running', 5 * HOUR],
      [at(5), at(15), false, 'paused', 10 * HOUR],
      [at(15), at(115), false, 'solved', 100 * HOUR],
    ],
  )
})

t.test('time counts by the hours of a calendar, and a change of it is a change of what is promised', async (t) => {
  restart()
  t.equal((await call('POST', '/v1/calendars', { body: office })).status, 201)
  await setPolicy({ calendar: 'office' })
  const { id } = await open()
  pass(7)
  const { id: late } = await open()
  t.match((await clocksOf(late)).firstReply, { dueAt: at(27) }, 'an hour today, three tomorrow')
  pass(2)
  const { clocks } = await explained(late)
  t.match(clocks[0], {
    elapsedSeconds: HOUR,
    stretches: [
      { from: at(7), to: at(8), counted: true, why: 'running' },
      { from: at(8), to: at(9), counted: false, why: 'outsideHours' },
    ],
  })
  t.match(await call('DELETE', '/v1/calendars/office'), {
    status: 409,
    body: { code: 'in_use', usedBy: { slaPolicies: ['standard'] } },
  })
  const holidays = [{ on: '2025-03-04', name: 'Tuesday off' }]
  const { version } = (await call('GET', '/v1/sla-policies/standard')).body
  await call('PATCH', '/v1/calendars/office', { body: { holidays } })
  t.equal((await call('GET', '/v1/sla-policies/standard')).body.version, version + 1)
  t.match((await clocksOf(late)).firstReply, { dueAt: at(27) }, 'until the job has come by')
  await follow()
  t.match((await clocksOf(late)).firstReply, { dueAt: at(51), policyVersion: version + 1 })
  t.match((await clocksOf(id)).resolution, { elapsedSeconds: 8 * HOUR }, 'what has passed has passed')
  pass(40)
  t.match((await explained(late)).clocks[0].stretches, [
    { why: 'running' },
    { why: 'outsideHours' },
    { from: '2025-03-04T00:00:00.000Z', to: '2025-03-05T00:00:00.000Z', why: 'holiday', countedSeconds: 0 },
    { why: 'outsideHours' },
    { why: 'running', seconds: HOUR },
  ])
  await setPolicy({})
})

t.test('another priority has another target, and the time that has passed counts', async (t) => {
  restart()
  const { id } = await open()
  pass(3)
  await change(id, { priority: 'urgent' })
  t.match(await clocksOf(id), {
    firstReply: { targetSeconds: HOUR, elapsedSeconds: 3 * HOUR, remainingSeconds: -2 * HOUR, breachedAt: at(3) },
    resolution: { targetSeconds: 2 * HOUR, breachedAt: at(3) },
  })
  t.same(await told(id), ['sla.breached firstReply', 'sla.breached resolution'], 'at once, and no warning before')
  await change(id, { priority: 'low' })
  t.match((await clocksOf(id)).firstReply, { dueAt: at(4), breachedAt: at(3) }, 'what was told stays told')
  await fire()
  t.equal((await told(id)).length, 2)
})

t.test('a ticket that is opened again is not late before that', async (t) => {
  restart()
  const { id } = await open()
  pass(3)
  await change(id, { status: 'solved' })
  t.match((await clocksOf(id)).resolution, { state: 'met', dueAt: at(24) })
  pass(30)
  await change(id, { priority: 'urgent' })
  t.match((await clocksOf(id)).resolution, { state: 'met', targetSeconds: 24 * HOUR }, 'what was met keeps its target')
  await change(id, { status: 'open' })
  t.match((await clocksOf(id)).resolution, { elapsedSeconds: 3 * HOUR, dueAt: at(33), breachedAt: at(33) })
  const { log } = await explained(id)
  const moments = log.map((entry: { at: string }) => entry.at)
  t.same(moments, moments.toSorted(), 'the log knows no way back')
})

t.test('the first policy that holds counts; other tickets have none', async (t) => {
  restart()
  await setPolicy({ if: { field: 'tags', op: 'contains', value: 'gold' } })
  const { id } = await open()
  t.same(await clocksOf(id), {})
  pass(5)
  await change(id, { addTags: ['gold'] })
  t.match((await clocksOf(id)).firstReply, { startedAt: at(5), dueAt: at(9) }, 'from when it was promised')
  pass(1)
  const first = { ...POLICY, key: 'first', position: 1, targets: [{ priority: null, firstReplySeconds: 2 * HOUR }] }
  await call('POST', '/v1/sla-policies', { body: first })
  await follow()
  t.match(await clocksOf(id), { firstReply: { policyKey: 'first', dueAt: at(7) }, resolution: undefined })
  await call('DELETE', '/v1/sla-policies/first')
  await follow()
  await change(id, { removeTags: ['gold'] })
  t.match((await call('GET', `/v1/tickets/${id}/sla`)).body, { policyKey: null, phase: 'unbound', clocks: [] })
  pass(10)
  await change(id, { addTags: ['gold'] })
  t.match((await clocksOf(id)).firstReply, { startedAt: at(5), elapsedSeconds: HOUR, dueAt: at(19) })
  await setPolicy({})
})

t.test('warnings and breaches are told once, by the clock of the database, and rules hear of them', async (t) => {
  restart()
  const on = ['sla.breached']
  const then = [{ action: 'changeTicket', priority: 'urgent', addTags: ['late'] }]
  const isFirstReply = { field: 'sla.metric', op: 'is', value: 'firstReply' }
  const isOrdinary = { field: 'priority', op: 'is', value: 'normal' }
  const rule = { key: 'escalate', name: 'Escalate', on, if: { all: [isFirstReply, isOrdinary] }, then }
  t.equal((await call('POST', '/v1/rules', { body: rule })).status, 201)
  t.ok((await call('GET', '/v1/conditions')).body.events.includes('sla.breached'))
  const { id } = await open()
  await fire()
  t.match((await call('GET', `/v1/tickets/${id}`)).body, { priority: 'urgent', tags: ['late'] })
  const all = await told(id)
  t.same(all.toSorted(), ['sla.breached firstReply', 'sla.breached resolution', 'sla.warning firstReply', 'sla.warning resolution'].toSorted()) // biome-ignore format: one line
  await fire()
  t.same(await told(id), all, 'once')
  const { rows } = await db.query<{ data: object; actor_kind: string }>({
    text: "select data, actor_kind from events where ticket_id = $1 and type = 'sla.breached' order by id limit 1",
    values: [id],
  })
  t.match(rows, [{ actor_kind: 'system', data: { metric: 'firstReply', policyKey: 'standard', dueAt: at(4) } }])
  await call('PATCH', '/v1/rules/escalate', { body: { enabled: false } })

  const { id: met } = await open()
  pass(5)
  await reply(met)
  t.same(await told(met), ['sla.warning firstReply', 'sla.breached firstReply'], 'by the reply, where it is first')
  t.match((await clocksOf(met)).firstReply, { state: 'met', metAt: at(5), breachedAt: at(4) })
})

t.test('the rules of a new desk tell whoever has the ticket', async (t) => {
  restart()
  const rules = ['tell_assignee_of_sla_warning', 'tell_assignee_of_sla_breach']
  for (const key of rules)
    t.match(await call('PATCH', `/v1/rules/${key}`, { body: { enabled: true } }), { status: 200 })
  const agent = await person('agent')
  const { id } = await open({ assigneeId: agent.id })
  await open()
  await fire()
  const { data } = (await call('GET', '/v1/notifications', { key: agent.key })).body
  const [kinds, of] = [
    data.map(({ kind }: { kind: string }) => kind),
    data.map((one: { ticketId: string }) => one.ticketId),
  ]
  t.same(kinds.toSorted(), ['sla_breached', 'sla_warning'], 'once, however many clocks come to it together')
  t.same(new Set(of), new Set([id]))
  const mails = (await call('GET', `/v1/mail/outbound?ticketId=${id}&to=${agent.email}`)).body.data
  t.same(mails.map(({ subject }: { subject: string }) => subject.split(':')[0]).toSorted(), ['Due soon', 'Overdue'])
  for (const key of rules) await call('PATCH', `/v1/rules/${key}`, { body: { enabled: false } })
})

t.test('what breaks as a whole is tried later, and given up at last', async (t) => {
  restart()
  const { id: ticketId } = await open()
  for (let n = 1; n <= 10; n++) {
    await system.execute(deferSlaClock, { ticketId })
    t.same(await system.execute(fireSlaClock, { ticketId }), { found: false })
    await db.query({
      text: 'update sla_clocks set try_at = now() where ticket_id = $1 and try_at > now()',
      values: [ticketId],
    })
  }
  const { rows } = await db.query({
    text: 'select try_at, attempts from sla_clocks where ticket_id = $1',
    values: [ticketId],
  })
  t.same(rows, [
    { try_at: null, attempts: 10 },
    { try_at: null, attempts: 10 },
  ])
  pass(5)
  await reply(ticketId)
  t.same(await told(ticketId), ['sla.warning firstReply', 'sla.breached firstReply'], 'the next event tells it')
})

t.test('what is deleted, spam or merged stands still, and goes on when it is back', async (t) => {
  for (const [gone, back] of [
    [(id: string) => call('DELETE', `/v1/tickets/${id}`), (id: string) => call('POST', `/v1/tickets/${id}/restore`)],
    [(id: string) => call('POST', `/v1/tickets/${id}/spam`), (id: string) => call('DELETE', `/v1/tickets/${id}/spam`)],
    [
      async (id: string) => call('POST', `/v1/tickets/${id}/merge`, { body: { into: (await open()).id } }),
      (id: string) => call('POST', `/v1/tickets/${id}/merge/undo`),
    ],
  ] as const) {
    restart()
    const { id } = await open()
    pass(1)
    t.ok((await gone(id)).status < 300)
    await fire()
    t.same(await told(id), [])
    pass(10)
    const answer = await back(id)
    t.ok(answer.status < 300, answer.text)
    t.match((await clocksOf(id)).firstReply, { state: 'running', elapsedSeconds: HOUR, dueAt: at(14) })
    t.match((await explained(id)).clocks[0].stretches, [{ why: 'running' }, { why: 'gone', seconds: 10 * HOUR }])
  }
})

t.test('what a rule says answers nobody', async (t) => {
  restart()
  const then = [{ action: 'postReply', body: 'We have got it.' }]
  const rule = { key: 'thanks', name: 'Thanks', on: ['ticket.opened'], if: { all: [] }, then }
  t.equal((await call('POST', '/v1/rules', { body: rule })).status, 201)
  const { id, firstRepliedAt } = await open()
  t.equal(firstRepliedAt, null)
  t.match((await clocksOf(id)).firstReply, { state: 'running' })
  await call('DELETE', '/v1/rules/thanks')
})

t.test('without a list of its own a policy stands still where statuses say so', async (t) => {
  await setPolicy({ pausedIn: null })
  const { id } = await open()
  const policy = async () => (await call('GET', '/v1/sla-policies/standard')).body
  t.match(await policy(), { pausedIn: null })
  const state = async () => (await clocksOf(id)).resolution?.state
  await call('PATCH', `/v1/tickets/${id}`, { body: { status: 'on_hold' } })
  t.equal(await state(), 'running')
  const { version } = await policy()
  await call('PATCH', '/v1/statuses/on_hold', { body: { pausesSla: true } })
  await follow()
  t.equal(await state(), 'paused', 'living tickets follow')
  t.equal((await policy()).version, version + 1)
  await call('POST', '/v1/statuses', { body: { key: 'sent_in', name: 'Sent in', category: 'open', pausesSla: true } })
  await call('PATCH', `/v1/tickets/${id}`, { body: { status: 'sent_in' } })
  t.equal(await state(), 'paused')
  await call('PATCH', '/v1/statuses/sent_in', { body: { name: 'Here for repair' } })
  t.equal((await policy()).version, version + 2, 'only what counts makes a version')
  await call('PATCH', '/v1/statuses/sent_in', { body: { pausesSla: false } })
  await follow()
  t.equal(await state(), 'running')
  await call('PATCH', '/v1/statuses/on_hold', { body: { pausesSla: false } })
  await setPolicy({})
})

t.test('words that policies name go only where others take their place', async (t) => {
  await call('POST', '/v1/priorities', { body: { key: 'fire', name: 'Fire' } })
  await call('POST', '/v1/statuses', { body: { key: 'parked', name: 'Parked', category: 'waiting_on_other' } })
  const targets = [{ priority: 'fire', resolutionSeconds: 60 }, ...POLICY.targets]
  const condition = { field: 'priority', op: 'is', value: 'fire' }
  await setPolicy({ targets, pausedIn: ['parked'], if: condition })
  for (const path of ['/v1/priorities/fire', '/v1/statuses/parked'])
    t.match(await call('DELETE', path), {
      status: 409,
      body: { code: 'in_use', usedBy: { slaPolicies: ['standard'] } },
    })
  t.equal((await call('DELETE', '/v1/priorities/fire?replaceWith=high')).status, 204)
  t.equal((await call('DELETE', '/v1/statuses/parked?replaceWith=on_hold')).status, 204)
  const { body } = await call('GET', '/v1/sla-policies/standard')
  t.match(body, { if: { value: 'high' }, pausedIn: ['on_hold'] })
  t.equal(body.targets[0].priority, 'high')
  const { id } = await open({ priority: 'high' })
  t.match((await clocksOf(id)).resolution, { targetSeconds: 60, policyVersion: body.version })
  await setPolicy({})
})

t.test('clocks are listed, what is due next first, as far as their tickets are seen', async (t) => {
  restart()
  await call('POST', '/v1/roles', {
    body: { key: 'narrow', name: 'x', kind: 'staff', ticketAccess: 'own', permissions: [] },
  })
  const narrow = await person('narrow')
  const own = await open({ assigneeId: narrow.id })
  const other = await open({ priority: 'urgent' })
  const path = '/v1/sla/clocks?state=running&breached=false&sort=dueAt&limit=100'
  const listed = async (key?: string) => (await call('GET', path, key ? { key } : {})).body.data as SlaClock[]
  const all = await listed()
  t.same(all.map(({ dueAt }) => dueAt), all.map(({ dueAt }) => dueAt).toSorted()) // biome-ignore format: one line
  t.ok(all.some(({ ticketId }) => ticketId === other.id))
  t.same((await listed(narrow.key)).map(({ ticketId, metric }) => [ticketId, metric]), [[own.id, 'firstReply'], [own.id, 'resolution']]) // biome-ignore format: one line
  t.equal((await call('GET', `/v1/tickets/${other.id}/sla`, { key: narrow.key })).status, 404)
  const first = await call('GET', `/v1/sla/clocks?ticketId=${own.id},${other.id}&limit=1`)
  const second = await call(
    'GET',
    `/v1/sla/clocks?ticketId=${own.id},${other.id}&limit=1&after=${first.body.nextCursor}`,
  )
  t.match([first.body.data[0], second.body.data[0]], [{ dueAt: at(1) }, { dueAt: at(2) }])
  const answer = await graphql(
    `{ tickets(filter: { number: { is: [${own.number}] } }) { nodes { sla { phase clocks { metric dueAt } } } }
      slaClocks(filter: { ticketId: ["${own.id}"], state: [running] }) { nodes { metric remainingSeconds } }
      explainTicketSla(ticketId: "${own.id}") { log { what } clocks { stretches { why } isCapped } } }`,
  )
  t.match(answer.body.data ?? answer.text, {
    tickets: { nodes: [{ sla: { phase: 'running', clocks: [{ metric: 'firstReply', dueAt: at(4) }, {}] } }] },
    slaClocks: { nodes: [{ metric: 'firstReply', remainingSeconds: 4 * HOUR }, {}] },
    explainTicketSla: { log: [{ what: 'opened' }, { what: 'bound' }], clocks: [{ isCapped: false }, {}] },
  })
})

t.test('the examples of the documents work', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/sla.md'), 'utf8')
  const examples = [...text.matchAll(/curl -s http:\/\/127\.0\.0\.1:3000(\S+) .*? -d '([^']+)'/gs)]
  t.equal(examples.length, 3)
  for (const [, path = '', body = ''] of examples) {
    const answer = await call('POST', path, { body: JSON.parse(body) })
    t.equal(answer.status, 201, `${path}: ${answer.text}`)
  }
})

/** `npm run torture -- --only sla --runs 5000` does the same with more of them. */
const SEED = 20261122
t.test('what is kept step by step is what the log says, and what a walk from minute to minute finds', async (t) => {
  const clock = { now: 0 }
  const another = await startDesk(t, {}, () => new Date(clock.now * 60_000))
  await another.withoutRules()
  const { figures, violations } = await slaWorlds(another, { runs: 50, seed: SEED, clock })
  t.comment(figures)
  t.same(violations, [])
})
