import t, { type Test } from 'tap'
import { advanceSimulation } from '../src/domain/simulations/advance-simulation.ts'
import { adoptWork } from '../src/domain/workers/adopt-work.ts'
import { cleanUp } from '../src/domain/workers/clean-up.ts'
import { ruleTimerWork } from '../src/jobs/rule-timers.ts'
import { simulator } from '../src/jobs/simulations.ts'
import { newId } from '../src/kernel/ids.ts'
import { makeDatabase, onPostgres } from './support/database.ts'
import { startDesk } from './support/desk.ts'
import { mailWriter } from './support/mail-text.ts'
import { eventually } from './support/process.ts'
import { simulationRun } from './torture/simulation.ts'

const desk = await startDesk(t)
const { call, db, graphql, openTicket, person, receive, system } = desk

const mail = mailWriter('s')
const from = (mailFrom: string) => ({ mailFrom })

const rowsOf = async <R>(text: string, values: unknown[] = []) => (await db.query<R>({ text, values })).rows
const add = async (rule: Record<string, unknown>) => {
  const { status } = await call('POST', '/v1/rules', { body: { name: 'A rule', if: { all: [] }, ...rule } })
  t.equal(status, 201)
}
const simulate = (key: string, body: object = {}) => call('POST', `/v1/rules/${key}/simulations`, { body })
const read = async (key: string, id: string) => (await call('GET', `/v1/rules/${key}/simulations/${id}`)).body

/** Makes the steps that are left, as the worker does, and answers the end. */
async function finished(key: string, id: string) {
  for (;;) {
    const [row] = await rowsOf<{ step: number; state: string }>(
      'select step, state from rule_simulations where id = $1',
      [id],
    )
    if (row?.state !== 'queued' && row?.state !== 'running') return read(key, id)
    await system.execute(advanceSimulation, { simulationId: id, step: row.step })
  }
}
async function simulated(key: string, body: object = {}) {
  const started = await simulate(key, body)
  if (started.status !== 202) throw new Error(started.text)
  return finished(key, started.body.id)
}

/** OneDesk's flow: mail, assignment by turns, reply, answer, and an answer to what was solved. */
async function flow(address: string) {
  const agent = await person('agent')
  const { ticketId: id } = await receive(mail({ From: address }), from(address))
  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: agent.id } })
  await call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { body: 'Have you tried water?' } })
  const rcptTo = await desk.replyAddress(id, address)
  await receive(mail({ From: address }, 'It is worse now.'), { ...from(address), rcptTo })
  await call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { body: 'Done.', status: 'solved' } })
  await receive(mail({ From: address }, 'Not yet!'), { ...from(address), rcptTo })
  return { id, rcptTo }
}

const OUTCOMES = ['fired', 'stopped', 'guarded'] as const
const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, each) => sum + each, 0)

/** Rules that wait a second, and one that waits an hour. */
const waiters = {
  waits_first: { on: ['ticket.replied'] },
  waits_last: { on: ['ticket.opened', 'ticket.replied'], after: { seconds: 1, unless: ['ticket.replied'] } },
  waits_open: { on: ['ticket.opened', 'ticket.replied'], if: { field: 'status', op: 'isNot', value: 'solved' } },
  waits_long: { on: ['ticket.opened', 'ticket.replied'], after: { seconds: 3_600, unless: ['ticket.assigned'] } },
  waits_on: {
    on: ['ticket.opened', 'ticket.changed'],
    if: { field: 'status', op: 'isNot', value: 'solved' },
    reactToRules: true,
  },
  // at the end of this wait generations are through
  waits_deep: { on: ['ticket.changed'], if: { field: 'tags', op: 'contains', value: 'link_4' }, reactToRules: true },
  // sets off `echo` again, by which it was set off
  waits_back: {
    on: ['ticket.changed'],
    if: { field: 'tags', op: 'contains', value: 'echo' },
    then: [{ action: 'postNote', body: 'Back' }],
    reactToRules: true,
  },
}

/** Lets rules that wait a second come to their end, whatever follows from each other. */
async function settle() {
  const errors: unknown[] = []
  const isSettled = async () => {
    await ruleTimerWork.round(system, (error) => errors.push(error))
    return (await rowsOf(`select from rule_timers where due_at < now() + interval '1 minute'`)).length === 0
  }
  return (await eventually(isSettled, 30_000)) && errors.length === 0
}

t.test('a simulation over what happened says what the record says, of every rule', async (t) => {
  const off = ['round_robin', 'close_solved_after_a_week', 'tell_requester_of_each_phase']
  for (const key of off) await call('PATCH', `/v1/rules/${key}`, { body: { enabled: true } })
  const chase = (key: string, to: string) => ({
    key,
    on: ['ticket.replied', 'ticket.changed'],
    if: { field: 'priority', op: 'isNot', value: to },
    then: [{ action: 'changeTicket', priority: to }],
    reactToRules: true,
  })
  await add(chase('chase_up', 'high'))
  await add(chase('chase_down', 'low'))
  await add({
    key: 'first',
    on: ['ticket.opened'],
    if: { field: 'subject', op: 'contains', value: 'Stop' },
    then: [{ action: 'changeTicket', addTags: ['stopped'] }],
    position: 1,
    stop: true,
  })
  await add({ key: 'once', on: ['ticket.replied', 'ticket.changed'], then: [{ action: 'postNote', body: 'Seen' }] })
  await rowsOf(`insert into types select 'bug', 'Bug', 2, enabled, default_status, default_priority from types`)
  await rowsOf('update versions set vocabulary = vocabulary + 1')
  await add({ key: 'bugs_only', on: ['ticket.opened'], types: ['bug'], then: [{ action: 'postNote', body: 'A bug' }] })

  const echo = { then: [{ action: 'changeTicket', addTags: ['echo'] }], reactToRules: true }
  await add({ key: 'echo', on: ['ticket.noted'], ...echo })
  for (const [key, rule] of Object.entries(waiters))
    await add({ key, after: { seconds: 1 }, then: [{ action: 'changeTicket', addTags: [key] }], ...rule })

  // each sets off the next, further than generations go
  const chain = Array.from({ length: 7 }, (_, n) => `link_${n}`)
  for (const [n, key] of chain.entries())
    await add({
      key,
      on: ['ticket.changed'],
      if: { field: 'tags', op: 'contains', value: key },
      then: [{ action: 'changeTicket', addTags: [`link_${n + 1}`] }],
      reactToRules: true,
    })

  const { id, rcptTo } = await flow('one@good.test')
  await call('PATCH', `/v1/tickets/${id}`, { body: { tags: ['link_0'] } })
  const links = (await call('GET', `/v1/tickets/${id}`)).body.tags.filter((tag: string) => tag.startsWith('link'))
  t.equal(links.length, 6, 'five generations')
  for (let n = 0; n < 7; n++) {
    await call('PATCH', `/v1/tickets/${id}`, { body: { status: 'solved' } })
    await receive(mail({ From: 'one@good.test' }, `Thanks ${n}`), { ...from('one@good.test'), rcptTo })
  }
  await flow('two@good.test')
  await receive(mail({ From: 'robot@good.test', 'Auto-Submitted': 'auto-generated' }), from('robot@good.test'))
  await openTicket({ subject: 'Stop here', type: 'bug' })
  t.ok(await settle())

  const { data: rules } = (await call('GET', '/v1/rules')).body
  t.equal(rules.length, 31)
  for (const { key } of rules) {
    const simulation = await simulated(key)
    t.match(simulation, { state: 'done', revision: Number, detail: null }, key)
    const runs = await rowsOf<{ eventId: string; outcome: 'fired' | 'stopped' | 'guarded' }>(
      `select coalesce(e.cause->>'eventId', e.id) as "eventId", r.outcome from rule_runs r
        join events e on e.id = r.event_id where r.rule_key = $1 and e.type = 'rule.due'
      union all select e.id, r.outcome from rule_runs r
        join events e on e.id = r.event_id where r.rule_key = $1 and e.type <> 'rule.due' order by 1`,
      [key],
    )
    t.same(
      OUTCOMES.map((outcome) => simulation.counts[outcome]),
      OUTCOMES.map((outcome) => runs.filter((run) => run.outcome === outcome).length),
      `${key}: as often as it was`,
    )
    const told = simulation.samples
      .filter(({ outcome }: { outcome: string }) => outcome !== 'waiting' && outcome !== 'cancelled')
      .map(({ eventId, outcome }: Record<string, string>) => ({ eventId, outcome }))
    const isAll = simulation.samples.length < 20
    t.same(told, isAll ? runs : runs.slice(0, told.length), `${key}: at the very events`)
    t.equal(sumOf(simulation.counts), simulation.progress.total)
    t.equal(simulation.progress.events, simulation.progress.total)
  }
  const outcomes = await rowsOf<{ key: string; outcome: string }>(
    'select distinct rule_key as key, outcome from rule_runs order by 1, 2',
  )
  const seen = (outcome: string) => outcomes.filter((run) => run.outcome === outcome).map(({ key }) => key)
  t.same(seen('failed'), [])
  t.ok(seen('fired').length >= 11, `each of them fired: ${seen('fired')}`)
  t.ok(seen('stopped').includes('acknowledge_new_ticket'))
  for (const key of ['chase_up', 'once', 'reopen_on_customer_reply', 'link_5', 'waits_on', 'echo'])
    t.ok(seen('guarded').includes(key), key)
  for (const key of Object.keys(waiters)) await waitedAsTold(t, key)
  for (const key of ['chase_up', 'chase_down', 'first', 'once', 'bugs_only', 'echo', ...Object.keys(waiters), ...chain])
    await call('DELETE', `/v1/rules/${key}`)
  for (const key of off) await call('PATCH', `/v1/rules/${key}`, { body: { enabled: false } })
})

/** What became of each wait is what `explain` tells of it; what waits still is in the timers. */
async function waitedAsTold(t: Test, key: string) {
  const { samples, misses, counts } = await simulated(key)
  t.ok(
    key === 'waits_long' ? counts.waiting : counts.fired + counts.guarded,
    `${key} was tried: ${JSON.stringify(counts)}`,
  )
  for (const { ticketId, eventId, outcome, detail, dueAt } of [...samples, ...misses]) {
    if (dueAt === null) continue
    const { body } = await call('GET', `/v1/tickets/${ticketId}/explain?rule=${key}&event=${eventId}`)
    t.equal(outcome, body.outcome, `${key} at ${eventId}`)
    if (outcome === 'cancelled') t.ok(body.reason.includes(detail.slice(3)), `by the same event: ${detail}`)
  }
  const timers = await rowsOf<{ eventId: string }>(
    'select event_id as "eventId" from rule_timers where rule_key = $1 order by event_id',
    [key],
  )
  const waiting = samples.filter((one: Record<string, unknown>) => one.outcome === 'waiting' && one.dueAt !== null)
  t.same(
    waiting.map(({ eventId }: { eventId: string }) => eventId),
    timers.map(({ eventId }) => eventId),
    `${key}: what waits still`,
  )
}

t.test('a draft is tried on what happened, and nothing is written but its own row', async (t) => {
  const draft = {
    on: ['ticket.opened'],
    if: {
      all: [
        { field: 'subject', op: 'contains', value: 'Stop' },
        { field: 'message.bodyText', op: 'present' },
      ],
    },
    then: [
      { action: 'changeTicket', priority: 'urgent' },
      { action: 'sendMail', to: 'a@b.test', subject: 'x', body: 'y' },
    ],
  }
  const before = await desk.rows()
  const started = await simulate('not_there', { rule: draft })
  t.match(started, {
    status: 202,
    headers: { location: `/v1/rules/not_there/simulations/${started.body.id}` },
    body: { state: 'queued', revision: null, progress: { events: 0, total: null }, samples: [], startedAt: null },
  })
  const simulation = await finished('not_there', started.body.id)
  t.same(await desk.rows(), { ...before, rule_simulations: (before.rule_simulations ?? 0) + 1 })
  t.match(simulation, {
    state: 'done',
    rule: { ...draft, types: null, reactToRules: false },
    counts: { fired: 0, stopped: 1, notMatched: 3 },
    samples: [{ outcome: 'stopped', detail: 'by first', actions: [], eventType: 'ticket.opened' }],
    misses: [{ outcome: 'not_matched', failedCondition: { field: 'subject', actual: 'Hello', held: false } }, {}, {}],
  })
  const bugs = await simulated('not_there', { rule: { ...draft, if: { all: [] }, position: 1, types: ['bug'] } })
  t.match(
    bugs,
    { counts: { fired: 0, stopped: 1, notMatched: 3 }, misses: { length: 0 } },
    'it concerns no other types',
  )
  const first = await simulated('a_first', { rule: { ...draft, position: 1 } })
  t.match(first.samples, [{ outcome: 'fired', actions: draft.then, conditions: [{ held: true }, { held: true }] }])
  const changed = await simulated('acknowledge_new_ticket', { rule: { if: { all: [] } } })
  t.match(changed, { revision: null, counts: { fired: 3, stopped: 1, notMatched: 0 } })
  t.match(changed.rule, { on: ['ticket.opened'], then: [{ action: 'acknowledgeTicket' }] })
})

t.test('a period and a number bound what is looked at', async (t) => {
  const all = { on: ['ticket.opened'], if: { all: [] }, then: [{ action: 'postNote', body: 'x' }] }
  const [second] = await rowsOf<{ at: string }>(
    `select at from events where type = 'ticket.opened' order by id offset 1`,
  )
  t.match(await simulated('bounded', { rule: all, to: second?.at }), { progress: { events: 2, total: 2 } })
  t.match(await simulated('bounded', { rule: all, from: second?.at }), {
    progress: { events: 3, totalIsCapped: false },
  })
  const capped = await simulated('bounded', { rule: all, eventsMax: 1 })
  t.match(capped, { state: 'done', eventsMax: 1, progress: { events: 1, total: 1, totalIsCapped: true } })
  t.match(await simulated('bounded', { rule: all, to: '2001-01-01T01:00:00+01:00' }), {
    to: '2001-01-01T00:00:00.000Z',
    from: '2000-12-02T00:00:00.000Z',
    state: 'done',
    progress: { events: 0, total: 0 },
  })
  for (const [body, pointer] of [
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, '/from'],
    [{ from: 'yesterday' }, '/from'],
    [{ eventsMax: 100_001 }, '/eventsMax'],
    [{ rule: { on: ['ticket.exploded'] } }, '/rule/on/0'],
    [{ rule: { if: { field: 'subjekt', op: 'is', value: 'x' } } }, '/if/field'],
    [{ rule: { then: [{ action: 'applyMacro', key: 'gone' }] } }, '/then/0/key'],
    [{ rule: { stop: true } }, '/rule/stop'],
  ] as const)
    t.match(
      await simulate('acknowledge_new_ticket', body),
      { status: 422, body: { code: 'invalid_input', errors: [{ pointer }] } },
      pointer,
    )
  t.match(await simulate('not_there'), { status: 404, body: { code: 'rule_not_found' } })
})

const every = { on: ['ticket.noted'], if: { all: [] }, then: [{ action: 'changeTicket', addTags: ['noted'] }] }

t.test('what would have come of a wait is told from what is kept', async (t) => {
  const late = { field: 'priority', op: 'isNot', value: 'urgent' }
  const rule = {
    on: ['ticket.opened', 'ticket.replied'],
    if: late,
    after: { seconds: 10, unless: ['ticket.noted'] },
    then: [{ action: 'changeTicket', addTags: ['late'] }],
  }
  await rowsOf(
    `insert into types select 'errand', 'Errand', 3, enabled, default_status, default_priority from types where key = 'bug'`,
  )
  await rowsOf('update versions set vocabulary = vocabulary + 1')
  const type = 'errand'
  const tickets = []
  for (let n = 0; n < 5; n++) tickets.push((await openTicket({ type })).id)
  const [quiet, noted, urgent, asked, erased] = tickets
  await call('POST', `/v1/tickets/${noted}/notes`, { body: { body: 'I look into it' } })
  await call('PATCH', `/v1/tickets/${urgent}`, { body: { priority: 'urgent' } })
  await call('POST', `/v1/tickets/${asked}/replies`, { body: { body: 'Again' } })
  await call('PATCH', `/v1/tickets/${erased}`, { body: { priority: 'high' } })
  await rowsOf(`update events set facts = '{}' where ticket_id = $1 and type = 'ticket.changed'`, [erased])
  await rowsOf(`update events set at = at - interval '30 s' where ticket_id = any($1)`, [tickets])
  await call('PATCH', `/v1/tickets/${quiet}`, { body: { priority: 'urgent' } })
  const { id: fresh, createdAt } = await openTicket({ type })
  const from = new Date(Date.parse(createdAt) - 60_000).toISOString()

  const simulation = await simulated('of_waits', { rule: { ...rule, types: [type] }, from })
  t.match(simulation, {
    rule: { after: rule.after },
    counts: { fired: 2, waiting: 2, cancelled: 1, unknown: 1, stopped: 0, guarded: 0 },
  })
  const [opening] = await rowsOf<{ at: string }>(
    `select at from events where ticket_id = $1 and type = 'ticket.opened'`,
    [quiet],
  )
  const ofTicket = (id: string | undefined) =>
    simulation.samples.filter(({ ticketId }: { ticketId: string }) => ticketId === id)
  const dueAt = new Date(Date.parse(opening?.at ?? '') + 10_000).toISOString()
  t.match(ofTicket(quiet), [{ outcome: 'fired', dueAt, actions: rule.then }], 'what came later does not count')
  t.match(ofTicket(noted), [{ outcome: 'cancelled', detail: /^by ticket.noted \(evt_/, actions: [] }])
  const [begun, again] = ofTicket(asked)
  t.match(begun, { outcome: 'fired', eventType: 'ticket.opened' })
  t.match(again, { outcome: 'waiting', eventType: 'ticket.replied', detail: `since ${begun.eventId}`, dueAt: null })
  t.match(ofTicket(fresh), [{ outcome: 'waiting', detail: null, dueAt: String }])
  t.match(
    simulation.misses.filter(({ ticketId }: { ticketId: string }) => ticketId === urgent),
    [{ outcome: 'not_matched', dueAt: String, failedCondition: { field: 'priority', actual: 'urgent' } }],
    'it held no more',
  )
  const early = await simulated('of_waits', { rule: { ...rule, types: [type] }, from, to: opening?.at })
  t.match(early, { counts: { waiting: 1, fired: 0 } }, 'of what came behind the period nothing is said')

  t.match((await call('POST', '/v1/rules/of_waits/test', { body: { ticketId: fresh, rule } })).body, {
    matches: true,
    after: rule.after,
  })
  await add({ key: 'stops', on: ['ticket.opened'], then: rule.then, stop: true })
  t.match(await simulate('stops', { rule: { after: { seconds: 1 } } }), {
    status: 422,
    body: { errors: [{ pointer: '/stop', code: 'not_allowed' }] },
  })
  t.match(await call('PATCH', '/v1/rules/stops', { body: { after: { seconds: 1 } } }), {
    status: 422,
    body: { errors: [{ pointer: '/stop', code: 'not_allowed' }] },
  })
  await call('DELETE', '/v1/rules/stops')
})

t.test('waits are remembered from step to step, and forgotten at the end', async (t) => {
  const { id, number, createdAt } = await openTicket()
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'Often' } })
  // one in each millisecond, over a second and a bit
  await rowsOf(
    `insert into events select (jsonb_populate_record(e, jsonb_build_object('id', e.id || lpad(n::text, 5, '0'), 'at', e.at + n * interval '1 ms'))).*
      from events e, generate_series(1, 1200) n where e.type = 'ticket.noted' and e.ticket_id = $1`,
    [id],
  )
  await rowsOf(`update events set at = at - interval '30 s' where ticket_id = $1 and type = 'ticket.noted'`, [id])
  const from = new Date(Date.parse(createdAt) - 31_000).toISOString()
  const rule = { on: ['ticket.noted'], if: { field: 'number', op: 'gte', value: number }, then: every.then }
  const remembered = () => rowsOf('select ticket_id as "ticketId" from rule_simulation_tickets')
  const { body: started } = await simulate('often', { rule: { ...rule, after: { seconds: 1 } }, from })
  await system.execute(advanceSimulation, { simulationId: started.id, step: 0 })
  t.same(await remembered(), [{ ticketId: id }])
  t.match(await finished('often', started.id), {
    counts: { fired: 2, waiting: 1_199, unknown: 0 },
  })
  t.same(await remembered(), [])
  const { body: ended } = await simulate('often', { rule: { ...rule, after: { seconds: 1 } }, from })
  await system.execute(advanceSimulation, { simulationId: ended.id, step: 0 })
  t.same(await remembered(), [{ ticketId: id }])
  await call('POST', `/v1/rules/often/simulations/${ended.id}/cancel`, { body: {} })
  t.same(await remembered(), [])
  await rowsOf(`delete from events where ticket_id = $1 and type = 'ticket.noted'`, [id])
})

let period = {}

t.test('a simulation goes on where a killed worker left it, and no step is made twice', async (t) => {
  const { id, createdAt } = await openTicket()
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'Again' } })
  // as if there had been very many, at moments of their own
  await rowsOf(
    `insert into events select (jsonb_populate_record(e, jsonb_build_object('id', e.id || lpad(n::text, 5, '0'), 'at', e.at + n * interval '1 ms'))).*
      from events e, generate_series(1, 1300) n where e.type = 'ticket.noted' and e.ticket_id = $1`,
    [id],
  )
  period = { from: createdAt, to: new Date(Date.now() + 10_000).toISOString() }
  const { body: started } = await simulate('every_note', { rule: every, ...period })
  const step = (n: number) => system.execute(advanceSimulation, { simulationId: started.id, step: n })
  await step(0)
  const after = await read('every_note', started.id)
  t.match(after, { state: 'running', progress: { events: 500 }, counts: { notMatched: 0, fired: 500 } })
  await Promise.all([step(0), step(0)])
  t.same(await read('every_note', started.id), after, 'a job that comes again does nothing')

  const jobs = () =>
    rowsOf<{ step: number }>(
      `delete from outbox where queue = 'rule.simulate' and data->>'simulationId' = $1 returning (data->>'step')::int as step`,
      [started.id],
    )
  const [first, second] = [newId('job'), newId('job')]
  await system.execute(adoptWork, { workerId: first, lockKey: 1, embedded: true })
  await desk.app.relay.drain()
  await jobs()
  await system.execute(adoptWork, { workerId: second, lockKey: 2, embedded: true })
  const adopted = await jobs()
  // the relay may have been quicker; then the queue has it
  t.ok(adopted.length === 0 || adopted.every((job) => job.step === 1), JSON.stringify(adopted))
  await Promise.all([step(1), step(1)])
  const end = await finished('every_note', started.id)
  const total = end.progress.total
  t.ok(total >= 1_300)
  t.match(end, { state: 'done', progress: { events: total }, counts: { fired: total }, samples: { length: 20 } })
  t.match(await simulated('every_note', { rule: every, ...period }), { counts: end.counts, samples: end.samples })
})

t.test('a simulation is ended before its end, and so many run at once', async (t) => {
  const { body: started } = await simulate('every_note', { rule: every, ...period })
  await system.execute(advanceSimulation, { simulationId: started.id, step: 0 })
  const cancel = (key = 'every_note') => call('POST', `/v1/rules/${key}/simulations/${started.id}/cancel`, { body: {} })
  t.match(await cancel('another'), { status: 404, body: { code: 'simulation_not_found' } })
  t.match(await cancel(), { status: 200, body: { state: 'cancelled', progress: { events: 500 } } })
  await system.execute(advanceSimulation, { simulationId: started.id, step: 1 })
  t.match(await read('every_note', started.id), { state: 'cancelled', progress: { events: 500 } })
  t.match(await cancel(), { status: 409, body: { code: 'simulation_finished' } })

  const many = await Promise.all(Array.from({ length: 12 }, () => simulate('every_note', { rule: every })))
  t.equal(many.filter(({ status }) => status === 202).length, 10)
  t.match(
    many.filter(({ status }) => status !== 202).map(({ body }) => body.code),
    ['too_many_simulations', 'too_many_simulations'],
  )
  for (const { status, body } of many) if (status === 202) await finished('every_note', body.id)
})

t.test('admins simulate, those who work here read it, in both APIs alike', async (t) => {
  const agent = await person('agent')
  const ruth = await person('requester')
  t.equal((await call('POST', '/v1/rules/round_robin/simulations', { key: agent.key, body: {} })).status, 403)
  t.equal((await call('GET', '/v1/rules/round_robin/simulations', { key: ruth.key })).status, 403)
  const made = await graphql(
    'mutation ($rule: JSON) { simulateRule(input: { key: "tried", rule: $rule }) { id state } }',
    {
      rule: every,
    },
  )
  const { id } = made.body.data.simulateRule
  await finished('tried', id)
  const asked = await graphql(
    `{ ruleSimulation(key: "tried", simulationId: "${id}") { state revision rule { on then } progress { events total } counts { fired }
        samples { ticketId outcome actions } misses { eventId } }
      ruleSimulations(key: "tried", filter: { state: [done] }) { nodes { id } totalCount }
      missing: ruleSimulation(key: "other", simulationId: "${id}") { id } }`,
    {},
    { key: agent.key },
  )
  const rest = (await call('GET', `/v1/rules/tried/simulations/${id}`, { key: agent.key })).body
  t.match(asked.body.data, {
    ruleSimulation: {
      state: 'done',
      revision: null,
      rule: { on: every.on, then: every.then },
      counts: { fired: rest.counts.fired },
    },
    ruleSimulations: { nodes: [{ id }], totalCount: 1 },
    missing: null,
  })
  t.notOk('cursor' in rest || 'firings' in rest || 'step' in rest)
  const { body: list } = await call('GET', '/v1/rules/tried/simulations?state=done&includeTotal=true')
  t.match(list, { data: [{ id, samples: { length: rest.samples.length } }], total: 1, nextCursor: null })
  t.match(await graphql(`mutation { cancelSimulation(input: { key: "tried", simulationId: "${id}" }) { id } }`), {
    body: { errors: [{ extensions: { code: 'simulation_finished' } }] },
  })
  t.equal((await call('GET', '/v1/rules/other/simulations/sim_none')).status, 404)
})

t.test('what cannot be known is counted, and what cannot go on says why', async (t) => {
  await rowsOf(
    `update events set facts = '{}' where type = 'ticket.opened' and id = (select max(id) from events where type = 'ticket.opened')`,
  )
  const opened = { on: ['ticket.opened'], if: { all: [] }, then: [{ action: 'postNote', body: 'x' }] }
  const { counts, progress } = await simulated('erased', { rule: opened })
  t.equal(counts.unknown, 1)
  t.equal(counts.fired + counts.stopped, progress.total - 1)

  await rowsOf(`insert into priorities (key, name, position) values ('dire', 'Dire', 90)`)
  await rowsOf('update versions set vocabulary = vocabulary + 1')
  const dire = { ...opened, if: { field: 'priority', op: 'is', value: 'dire' } }
  const { body: waiting } = await simulate('of_dire', { rule: dire })
  await rowsOf(`delete from priorities where key = 'dire'`)
  await rowsOf('update versions set vocabulary = vocabulary + 1')
  t.match(await finished('of_dire', waiting.id), {
    state: 'failed',
    detail: /words that are gone: "dire" is none of low/,
  })

  await rowsOf(
    `update events set facts = '{"ticket": {"type": "x"}}' where facts::text = '{}' and type = 'ticket.opened'`,
  )
  const { body: broken } = await simulate('broken', {
    rule: { ...opened, if: { field: 'actor.role', op: 'is', value: 'admin' } },
  })
  const errors: unknown[] = []
  await simulator(system, (error) => errors.push(error))({ simulationId: broken.id, step: 0 })
  t.match(await read('broken', broken.id), { state: 'failed', detail: 'internal_error' })
  t.equal(errors.length, 1)
  await simulator(system, (error) => errors.push(error))({ simulationId: 'sim_gone', step: 0 })
  t.equal(errors.length, 1, 'one that is cleaned up is no fault')
})

t.test('a worker takes its steps one after another from the queue, and what is old is cleaned up', async (t) => {
  await desk.app.queue.work({
    'rule.simulate': { handle: simulator(system, (error) => t.fail(String(error))), atOnce: 2 },
  })
  const { body: started } = await simulate('every_note', { rule: every, ...period })
  t.ok(await eventually(async () => (await read('every_note', started.id)).state === 'done', 20_000))
  t.match(await read('every_note', started.id), {
    counts: { fired: Number, notMatched: 0 },
    startedAt: String,
    finishedAt: String,
  })

  await rowsOf(`update rule_simulations set created_at = created_at - interval '31 days' where id <> $1`, [started.id])
  t.match(await system.execute(cleanUp, {}), { simulations: Number })
  t.same(await rowsOf('select id from rule_simulations'), [{ id: started.id }])
})

/** `npm run torture -- --only simulation` does the same with 50,000 events. */
t.test('another worker goes on when one is killed on the way', { skip: !onPostgres }, async (t) => {
  const { figures, violations } = await simulationRun({ events: 8_000, database: await makeDatabase() })
  t.comment(figures)
  t.same(violations, [])
})
