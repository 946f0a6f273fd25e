import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ruleTimerWork } from '../src/jobs/rule-timers.ts'
import { SYSTEM } from '../src/kernel/actor.ts'
import { HOUR_MS } from '../src/kernel/clock.ts'
import { startDesk } from './support/desk.ts'
import { eventually } from './support/process.ts'

// Hours pass by SQL: what is due is the database's business, whatever the clock of the process says. This one's is an hour fast.
const desk = await startDesk(t, {}, () => new Date(Date.now() + HOUR_MS))
const { app, call, db, graphql, openTicket, person } = desk
await desk.withoutRules()

const clockwork = app.desk.as(SYSTEM, { channel: 'rule' })
const agent = await person('agent')
const errors: unknown[] = []
/** Ends what is over, as one worker does in one look. */
const look = () => ruleTimerWork.round(clockwork, (error) => errors.push(error))
const sql = async (text: string, ...values: unknown[]) =>
  (await db.query<Record<string, unknown>>({ text, values })).rows
/** Lets so many seconds pass for what waits on a ticket. */
const pass = (id: string, seconds: number) =>
  sql(
    `update rule_timers set due_at = due_at - make_interval(secs => $2), try_at = try_at - make_interval(secs => $2) where ticket_id = $1`,
    id,
    seconds,
  )

const FOUR_HOURS = 14_400
const add = (rule: Record<string, unknown>) =>
  call('POST', '/v1/rules', {
    body: {
      name: 'A rule that waits',
      on: ['ticket.replied'],
      if: { all: [] },
      after: { seconds: FOUR_HOURS },
      then: [{ action: 'changeTicket', addTags: [rule.key] }],
      ...rule,
    },
  })
const change = (key: string, body: Record<string, unknown>) => call('PATCH', `/v1/rules/${key}`, { body })
const remove = (...keys: string[]) => Promise.all(keys.map((key) => call('DELETE', `/v1/rules/${key}`)))
const reply = (id: string, key = desk.key) =>
  call('POST', `/v1/tickets/${id}/replies`, { key, body: { body: 'Have you tried water?' } })
const patch = (id: string, body: Record<string, unknown>) => call('PATCH', `/v1/tickets/${id}`, { body })
const tagsOf = async (id: string) => (await call('GET', `/v1/tickets/${id}`)).body.tags
const timersOf = async (id: string) => (await call('GET', `/v1/tickets/${id}/rule-timers`)).body.data
const runsOf = async (id: string) => (await call('GET', `/v1/tickets/${id}/rule-runs?limit=100`)).body.data
const explained = async (id: string, rule: string, event = '') =>
  (await call('GET', `/v1/tickets/${id}/explain?rule=${rule}${event && `&event=${event}`}`)).body
const eventsOf = (id: string, type: string) =>
  sql(
    'select id, cause, actor_kind, channel, data from events where ticket_id = $1 and type = $2 order by id',
    id,
    type,
  )
const secondsLeft = async (id: string) =>
  Number(
    (await sql('select extract(epoch from due_at - now()) as left from rule_timers where ticket_id = $1', id))[0]?.left,
  )

t.test('a rule waits, is asked again, acts once, and all of it is told', async (t) => {
  t.match(await add({ key: 'escalate', if: { field: 'needsReaction', op: 'is', value: true } }), {
    status: 201,
    body: { after: { seconds: FOUR_HOURS, unless: [] }, revision: 1 },
  })
  const ruth = await person('requester')
  const { id } = await openTicket({ requesterId: ruth.id })
  await reply(id, ruth.key)
  const [begun] = await eventsOf(id, 'ticket.replied')

  const [timer, ...others] = await timersOf(id)
  t.match(timer, { id: /^rtm_/, ruleKey: 'escalate', revision: 1, ticketId: id, eventId: begun?.id })
  t.same(Object.keys(timer).sort(), ['createdAt', 'dueAt', 'eventId', 'id', 'revision', 'ruleKey', 'ticketId'])
  t.same(others, [])
  const left = await secondsLeft(id)
  t.ok(left > FOUR_HOURS - 60 && left <= FOUR_HOURS, `due by the clock of the database, in ${left} s`)
  t.match(
    (
      await graphql(
        `{ ruleTimers(ticketId: "${id}") { nodes { ruleKey dueAt } } rule(key: "escalate") { after { seconds unless } } }`,
      )
    ).body,
    {
      data: {
        ruleTimers: { nodes: [{ ruleKey: 'escalate', dueAt: timer.dueAt }] },
        rule: { after: { seconds: FOUR_HOURS, unless: [] } },
      },
    },
  )
  t.match(await explained(id, 'escalate'), {
    outcome: 'waiting',
    reason: new RegExp(timer.dueAt),
    conditions: [{ held: true }],
  })

  await look()
  t.same(await tagsOf(id), [], 'nothing happens before')
  await pass(id, FOUR_HOURS)
  await look()
  await look()
  t.same(await tagsOf(id), ['escalate'])
  t.same(await timersOf(id), [])

  const [due, ...more] = await eventsOf(id, 'rule.due')
  t.same(more, [], 'its end is told once')
  t.match(due, {
    actor_kind: 'system',
    channel: 'rule',
    cause: { eventId: begun?.id, command: 'fireRuleTimer' },
    data: { ruleKey: 'escalate' },
  })
  t.match(await runsOf(id), [
    { ruleKey: 'escalate', outcome: 'fired', eventId: due?.id, changes: { tags: { to: ['escalate'] } } },
  ])
  t.match(await eventsOf(id, 'ticket.changed'), [
    { actor_kind: 'rule', cause: { eventId: due?.id, ruleKey: 'escalate' } },
  ])
  t.match(await explained(id, 'escalate'), {
    outcome: 'fired',
    eventId: due?.id,
    conditions: [{ actual: true, held: true }],
  })
  t.match(await explained(id, 'escalate', String(begun?.id)), { outcome: 'fired', reason: new RegExp(String(due?.id)) })
  await remove('escalate')
})

t.test('a condition that holds no more is not acted on, and explain says so', async (t) => {
  await add({ key: 'still_open', if: { all: [{ field: 'status', op: 'isNot', value: 'solved' }] } })
  const { id } = await openTicket()
  await reply(id)
  await patch(id, { status: 'solved' })
  await pass(id, FOUR_HOURS)
  await look()
  t.same(await tagsOf(id), [])
  t.same(await runsOf(id), [])
  const [due] = await eventsOf(id, 'rule.due')
  t.match(await explained(id, 'still_open'), {
    outcome: 'not_matched',
    eventId: due?.id,
    reason: /held no more/,
    failedCondition: { field: 'status', actual: 'solved' },
  })
  const [begun] = await eventsOf(id, 'ticket.replied')
  t.match(await explained(id, 'still_open', String(begun?.id)), { outcome: 'not_matched', reason: /what followed/ })
  await remove('still_open')
})

t.test('what happened is asked of the event that began the wait, the ticket as it is at its end', async (t) => {
  const condition = {
    all: [
      { field: 'actor.role', op: 'is', value: 'requester' },
      { field: 'event.type', op: 'is', value: 'ticket.replied' },
      { field: 'message.visibleText', op: 'contains', value: 'water' },
      { field: 'priority', op: 'is', value: 'urgent' },
    ],
  }
  await add({ key: 'as_it_was', if: { all: condition.all.slice(0, 3) } })
  const ruth = await person('requester')
  const { id } = await openTicket({ requesterId: ruth.id })
  await reply(id, ruth.key)
  t.equal(
    (await change('as_it_was', { if: condition })).status,
    200,
    'a new condition is asked at the end of old waits',
  )
  await patch(id, { priority: 'urgent' })
  await pass(id, FOUR_HOURS)
  await look()
  t.same(await tagsOf(id), ['as_it_was'])
  t.match(await explained(id, 'as_it_was'), {
    outcome: 'fired',
    revision: 2,
    conditions: [{ actual: 'requester' }, { actual: 'ticket.replied' }, { held: true }, { actual: 'urgent' }],
  })
  await remove('as_it_was')
})

t.test('an event that is named in unless ends the wait, and only on its ticket', async (t) => {
  await add({ key: 'unless_noted', after: { seconds: FOUR_HOURS, unless: ['ticket.noted', 'ticket.assigned'] } })
  const [{ id }, { id: other }] = [await openTicket(), await openTicket()]
  await reply(id)
  await reply(other)
  const [begun] = await eventsOf(id, 'ticket.replied')
  await patch(id, { priority: 'high' })
  t.equal((await timersOf(id)).length, 1, 'not by what is not named')
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'I look into it' } })
  t.same(await timersOf(id), [])
  t.equal((await timersOf(other)).length, 1)
  const [noted] = await eventsOf(id, 'ticket.noted')
  t.match(await explained(id, 'unless_noted', String(begun?.id)), {
    outcome: 'cancelled',
    reason: new RegExp(`ticket.noted \\(${noted?.id}\\)`),
  })
  await pass(id, FOUR_HOURS)
  await look()
  t.same(await tagsOf(id), [])
  await remove('unless_noted')
})

t.test('a further event leaves a wait as it is, or begins it anew where the rule names it in unless', async (t) => {
  await add({ key: 'from_the_first' })
  await add({ key: 'from_the_last', after: { seconds: FOUR_HOURS, unless: ['ticket.replied'] } })
  const { id } = await openTicket()
  await reply(id)
  await pass(id, 3_600)
  await reply(id)
  const [first, second] = await eventsOf(id, 'ticket.replied')
  t.match(await timersOf(id), [
    { ruleKey: 'from_the_first', eventId: first?.id },
    { ruleKey: 'from_the_last', eventId: second?.id },
  ])
  t.match(await explained(id, 'from_the_first', String(second?.id)), { outcome: 'waiting', reason: /already/ })
  t.match(await explained(id, 'from_the_last', String(first?.id)), { outcome: 'cancelled', reason: /ticket.replied/ })
  await remove('from_the_first', 'from_the_last')
})

t.test(
  'a rule that is removed, switched off, or waits otherwise lets go of what waits; other changes do not',
  async (t) => {
    for (const [name, what, waits] of [
      ['switched off', () => change('let_go', { enabled: false }), false],
      ['a draft', () => change('let_go', { state: 'draft' }), false],
      ['another time', () => change('let_go', { after: { seconds: 60 } }), false],
      ['other events', () => change('let_go', { on: ['ticket.noted'] }), false],
      ['no wait', () => change('let_go', { after: null }), false],
      ['removed', () => remove('let_go'), false],
      ['another name', () => change('let_go', { name: 'Another name' }), true],
      ['the same wait', () => change('let_go', { after: { seconds: FOUR_HOURS, unless: [] } }), true],
    ] as const) {
      await add({ key: 'let_go' })
      const { id } = await openTicket()
      await reply(id)
      await what()
      t.equal((await timersOf(id)).length, Number(waits), name)
      // as it was again: what was let go stays so
      await add({ key: 'let_go' })
      await change('let_go', {
        on: ['ticket.replied'],
        after: { seconds: FOUR_HOURS },
        enabled: true,
        state: 'published',
      })
      t.equal((await timersOf(id)).length, Number(waits), `${name}, and back`)
      await pass(id, FOUR_HOURS)
      await look()
      t.same(await tagsOf(id), waits ? ['let_go'] : [], name)
      t.same(await sql('select 1 from rule_timers where ticket_id = $1', id), [], `${name}: the row is gone`)

      await reply(id)
      await change('let_go', { enabled: false })
      await change('let_go', { enabled: true })
      await reply(id)
      t.equal((await timersOf(id)).length, 1, 'a new wait takes the place of one that is void')
      await remove('let_go')
    }
  },
)

t.test('what was due while nobody worked is fired late, once, in its order', async (t) => {
  await add({ key: 'later', after: { seconds: 7_200 }, position: 1 })
  await add({ key: 'sooner', after: { seconds: 3_600 }, position: 2 })
  const { id } = await openTicket()
  await reply(id)
  await pass(id, 30 * 86_400)
  await look()
  t.same(
    (await runsOf(id)).map(({ ruleKey, outcome }: Record<string, unknown>) => [ruleKey, outcome]),
    [
      ['later', 'fired'],
      ['sooner', 'fired'],
    ],
    'newest first',
  )
  await remove('later', 'sooner')
})

t.test('several workers at once end each wait once', async (t) => {
  await add({ key: 'once', then: [{ action: 'postNote', body: 'Once' }] })
  const tickets = await Promise.all(Array.from({ length: 40 }, () => openTicket()))
  await Promise.all(tickets.map(({ id }) => reply(id)))
  await sql(`update rule_timers set due_at = now(), try_at = now()`)
  await Promise.all(Array.from({ length: 4 }, look))
  while ((await look()) === 0);
  for (const { id } of tickets) {
    t.equal((await runsOf(id)).length, 1)
    t.equal((await eventsOf(id, 'rule.due')).length, 1)
    t.equal((await eventsOf(id, 'ticket.noted')).length, 1)
  }
  await remove('once')
})

t.test('a worker fires to the moment', async (t) => {
  const worker = ruleTimerWork.start(clockwork, (error) => errors.push(error))
  await add({ key: 'soon', after: { seconds: 1 } })
  const { id } = await openTicket()
  await reply(id)
  const [{ dueAt } = { dueAt: '' }] = await timersOf(id)
  t.ok(await eventually(async () => (await runsOf(id)).length === 1))
  await worker.stop()
  const [due] = await sql(`select at from events where ticket_id = $1 and type = 'rule.due'`, id)
  const lateMs = Date.parse(String(due?.at)) - HOUR_MS - Date.parse(dueAt)
  t.comment(`${lateMs} ms late`)
  t.ok(lateMs >= -5 && lateMs < 1_000, `${lateMs} ms late`)
  await remove('soon')
})

t.test('a rule that would set itself off again and again is held back, over its waits, too', async (t) => {
  const chase = (key: string, to: string) => ({
    key,
    on: ['ticket.replied', 'ticket.changed'],
    if: { field: 'priority', op: 'isNot', value: to },
    then: [{ action: 'changeTicket', priority: to }],
    reactToRules: true,
  })
  await add(chase('chase_up', 'high'))
  await add(chase('chase_down', 'low'))
  const { id } = await openTicket()
  await reply(id)
  for (let n = 0; n < 10; n++) {
    await pass(id, FOUR_HOURS)
    await look()
  }
  t.same(await timersOf(id), [])
  const runs = await runsOf(id)
  t.ok(runs.length < 10, `${runs.length} runs`)
  t.match(runs[0], { outcome: 'guarded', detail: /has acted on this ticket already/ })
  await remove('chase_up', 'chase_down')
})

t.test('events cost no statement more while no rule waits', async (t) => {
  const sent: string[] = []
  const { transaction } = db
  db.transaction = (work) =>
    transaction((tx) =>
      work({
        ...tx,
        query: (statement) => {
          sent.push(statement.text)
          return tx.query(statement)
        },
      }),
    )
  t.teardown(() => {
    db.transaction = transaction
  })
  const { id } = await openTicket()
  await reply(id)
  t.ok(sent.length > 2)
  t.notMatch(sent.join(), /rule_timers/)
  sent.length = 0
  await add({ key: 'waits_now' })
  await reply(id)
  t.match(sent.join(), /insert into "rule_timers"/)
  await remove('waits_now')
})

t.test('what rules did neither begins nor ends a wait, but for rules that react to rules', async (t) => {
  await add({ key: 'by_rule', after: null, then: [{ action: 'changeTicket', priority: 'urgent' }] })
  const unless = { seconds: FOUR_HOURS, unless: ['ticket.changed'] }
  await add({ key: 'deaf', after: unless, position: 1 })
  await add({ key: 'hears', after: unless, position: 2, reactToRules: true })
  const { id } = await openTicket()
  await reply(id)
  t.match(await timersOf(id), [{ ruleKey: 'deaf' }])
  t.equal((await timersOf(id)).length, 1)
  await remove('by_rule', 'deaf', 'hears')
})

t.test('an action that is refused takes back its rule alone; the wait is over all the same', async (t) => {
  const gone = await person('agent')
  await add({
    key: 'half_way',
    then: [
      { action: 'changeTicket', addTags: ['half'] },
      { action: 'assignTicket', assigneeId: gone.id },
    ],
  })
  const { id } = await openTicket()
  await reply(id)
  await call('PATCH', `/v1/people/${gone.id}`, { body: { disabled: true } })
  await pass(id, FOUR_HOURS)
  await look()
  t.match(await runsOf(id), [{ outcome: 'failed', detail: /not_assignable/ }])
  t.same(await tagsOf(id), [])
  t.match(await explained(id, 'half_way'), { outcome: 'failed', reason: /not_assignable/ })
  t.same(await timersOf(id), [])
  await remove('half_way')
})

t.test(
  'an end that breaks as a whole does not stand in the way of others, is tried again, and given up visibly',
  async (t) => {
    await add({ key: 'breaks' })
    const [{ id }, { id: other }] = [await openTicket(), await openTicket()]
    await reply(id)
    await reply(other)
    await db.script(`create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
    create trigger broken before insert on events for each row when (new.type = 'rule.due' and new.ticket_id = '${id}') execute function broken()`)
    errors.length = 0
    await pass(id, FOUR_HOURS)
    await pass(other, FOUR_HOURS)
    t.match((await call('GET', '/metrics')).text, /kontor_rule_timers_due 2/)
    await look()
    t.same(await tagsOf(other), ['breaks'])
    t.match(errors, [/broken/])
    t.match(await sql('select attempts, try_at > now() as later from rule_timers where ticket_id = $1', id), [
      { attempts: 1, later: true },
    ])
    await look()
    t.equal(errors.length, 1, 'not at once')
    for (let n = 0; n < 12; n++) {
      await pass(id, 3_600)
      await look()
    }
    t.same(await timersOf(id), [])
    t.match(await runsOf(id), [{ ruleKey: 'breaks', outcome: 'failed', detail: /given up after 10 attempts/ }])
    t.match(await eventsOf(id, 'rule.failed'), [{ data: { ruleKey: 'breaks', code: 'internal_error' } }])
    await db.script('drop trigger broken on events; drop function broken()')
    errors.length = 0
    await remove('breaks')
  },
)

t.test(
  'a ticket that a command holds is passed over, and its wait ends with the next look',
  { skip: db.kind === 'pglite' },
  async (t) => {
    await add({ key: 'held' })
    const { id } = await openTicket()
    await reply(id)
    await pass(id, FOUR_HOURS)
    await db.transaction(async (tx) => {
      await tx.query({ text: 'select id from tickets where id = $1 for update', values: [id] })
      t.ok((await look()) > 0, 'it says when to look again')
      t.same(await tagsOf(id), [])
    })
    await look()
    t.same(await tagsOf(id), ['held'])
    await remove('held')
  },
)

t.test('a wait that cannot be is refused with a pointer to the fault', async (t) => {
  for (const [after, pointer] of [
    [{ seconds: 0 }, '/after/seconds'],
    [{ seconds: 1.5 }, '/after/seconds'],
    [{ seconds: 31_622_401 }, '/after/seconds'],
    [{ seconds: '60' }, '/after/seconds'],
    [{}, '/after/seconds'],
    [{ seconds: 60, unless: ['ticket.exploded'] }, '/after/unless/0'],
    [{ seconds: 60, unless: ['ticket.noted', 'ticket.noted'] }, '/after/unless'],
    [{ seconds: 60, unless: 'ticket.noted' }, '/after/unless'],
    [{ seconds: 60, hours: 1 }, '/after/hours'],
    ['PT1H', '/after'],
  ] as const) {
    const answer = await add({ key: 'bad_wait', after })
    t.match(
      answer,
      { status: 422, body: { code: 'invalid_input', errors: [{ pointer }] } },
      `${pointer} ${JSON.stringify(answer.body.errors)}`,
    )
  }
  t.match(await add({ key: 'bad_wait', stop: true }), {
    status: 422,
    body: { errors: [{ pointer: '/stop', code: 'not_allowed' }] },
  })
  t.equal((await add({ key: 'good_wait' })).status, 201)
  t.match(await change('good_wait', { stop: true }), { status: 422, body: { errors: [{ pointer: '/stop' }] } })
  t.match(await change('good_wait', { after: { seconds: 0 } }), {
    status: 422,
    body: { errors: [{ pointer: '/after/seconds' }] },
  })
  const { id } = await openTicket()
  t.match(await call('GET', '/v1/tickets/tkt_nobody/rule-timers'), { status: 404, body: { code: 'ticket_not_found' } })
  t.equal((await call('GET', `/v1/tickets/${id}/rule-timers`, { key: agent.key })).status, 200)
  t.equal((await call('GET', `/v1/tickets/${id}/rule-timers`, { key: (await person('requester')).key })).status, 403)
  await remove('good_wait')
})

t.test('a rule that waits is tried like any other, and begins no wait by that', async (t) => {
  await add({ key: 'tried', after: { seconds: 60, unless: ['ticket.noted'] }, enabled: false })
  const { id } = await openTicket()
  await reply(id)
  const trial = (rule?: object) =>
    call('POST', '/v1/rules/tried/test', { body: { ticketId: id, ...(rule ? { rule } : {}) } })
  t.match(await trial(), {
    status: 200,
    body: { matches: true, after: { seconds: 60, unless: ['ticket.noted'] }, actions: [{}] },
  })
  t.match(await trial({ after: { seconds: 30 } }), { body: { after: { seconds: 30, unless: [] } } })
  t.match(await trial({ after: { seconds: -1 } }), {
    status: 422,
    body: { errors: [{ pointer: '/rule/after/seconds' }] },
  })
  t.same(await timersOf(id), [])
  await remove('tried')
})

t.test('GraphQL adds and changes waits', async (t) => {
  const added = await graphql(
    `mutation { addRule(input: { key: "by_graph", name: "x", on: ["ticket.noted"], if: { all: [] }, then: [{ action: "postNote", body: "x" }], after: { seconds: 5 } }) { after { seconds unless } } }`,
  )
  t.match(added.body, { data: { addRule: { after: { seconds: 5, unless: [] } } } })
  const changed = await graphql(
    `mutation { changeRule(input: { key: "by_graph", after: { seconds: 6, unless: ["ticket.replied"] } }) { revision after { seconds unless } } }`,
  )
  t.match(changed.body, { data: { changeRule: { revision: 2, after: { seconds: 6, unless: ['ticket.replied'] } } } })
  await remove('by_graph')
})

t.test('the shipped rule closes what has been solved for a week, once it is switched on', async (t) => {
  const key = 'close_solved_after_a_week'
  await change('agent_reply_waits_for_customer', { enabled: true })
  await change('reopen_on_customer_reply', { enabled: true })
  const ruth = await person('requester')
  const solved = async () => {
    const { id } = await openTicket({ requesterId: ruth.id })
    await patch(id, { status: 'solved' })
    return id
  }
  const before = await solved()
  t.same(await timersOf(before), [], 'it is shipped switched off')
  t.equal((await change(key, { enabled: true })).status, 200)
  const [quiet, answered, touched] = [await solved(), await solved(), await solved()]
  await pass(touched, 86_400)
  await reply(answered, ruth.key)
  await patch(touched, { addTags: ['vip'] })
  for (const id of [quiet, answered, touched]) await pass(id, 7 * 86_400 - 60)
  await look()
  const statuses = () =>
    Promise.all([quiet, answered, touched].map(async (id) => (await call('GET', `/v1/tickets/${id}`)).body.status))
  t.same(await statuses(), ['solved', 'open', 'solved'], 'not before')
  await pass(quiet, 60)
  await look()
  t.same(await statuses(), ['closed', 'open', 'solved'])
  t.same(await timersOf(answered), [])
  t.equal((await timersOf(touched)).length, 1, 'a change begins the week anew')
})

t.test('a desk that is older gets the same shipped rule by its migration', async (t) => {
  const key = 'close_solved_after_a_week'
  const shown = () =>
    sql(
      `select r.key, r.name, r.on, r.types, r.if, r.after, r.then, r.state, r.stop, r.react_to_rules, v.definition - 'position' - 'enabled' as definition
      from rules r join rule_revisions v on v.rule_key = r.key and v.revision = 1 where r.key = $1`,
      key,
    )
  const before = await shown()
  const migration = readFileSync(join(import.meta.dirname, '../migrations/0007_time_rules.sql'), 'utf8')
  const seed = migration.split('--> statement-breakpoint').at(-1) ?? ''
  await db.script(seed)
  t.same(await shown(), before, 'nothing where it is')
  await sql('delete from rules where key = $1', key)
  await sql('delete from rule_revisions where rule_key = $1', key)
  const [versions] = await sql('select rules from versions')
  await db.script(seed)
  t.same(await shown(), before)
  t.match(await call('GET', `/v1/rules/${key}`), { status: 200, body: { enabled: false, revision: 1 } })
  t.same(await sql('select rules from versions'), [{ rules: Number(versions?.rules) + 1 }])
})

t.test('nothing broke on the way', async (t) => {
  t.same(errors, [])
})
