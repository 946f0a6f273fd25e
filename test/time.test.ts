import fc from 'fast-check'
import t from 'tap'
import { billed, datesOf, weekOf } from '../src/domain/time/decide.ts'
import { startDesk } from './support/desk.ts'

let now = Date.parse('2026-11-18T09:00:00.000Z')
const wait = (seconds: number) => {
  now += seconds * 1_000
}
const { call, graphql, openTicket, person, withoutRules } = await startDesk(t, {}, () => new Date(now))
await withoutRules()
const [ann, bob] = [await person('agent'), await person('agent')]

const timer = (id: string, act: string, key = ann.key, body: object = {}) =>
  call('POST', `/v1/tickets/${id}/timer/${act}`, { key, body: act === 'start' ? body : undefined })
const log = (id: string, body: object, key = ann.key) => call('POST', `/v1/tickets/${id}/time-entries`, { key, body })
const sheet = (personId: string, week: string, act = '', key = ann.key, body?: object) =>
  call(act ? 'POST' : 'GET', `/v1/timesheets/${personId}/${week}${act && `/${act}`}`, {
    key,
    ...(body ? { body } : {}),
  })
const entriesOf = async (id: string) => (await call('GET', `/v1/tickets/${id}/time-entries`)).body.data

t.test('a timer is started, paused, gone on with and stopped', async (t) => {
  const { id } = await openTicket()
  const started = await timer(id, 'start', ann.key, { activity: 'phone', rate: { amount: 9_000, currency: 'EUR' } })
  t.match(started, {
    status: 201,
    body: {
      id: /^tim_/,
      ticketId: id,
      personId: ann.id,
      endedAt: null,
      durationSeconds: 0,
      source: 'timer',
      state: 'running',
      activity: 'phone',
    },
  })
  wait(90)
  t.match((await call('GET', '/v1/timers', { key: ann.key })).body.data, [{ durationSeconds: 90, state: 'running' }])
  t.match(await timer(id, 'pause'), { status: 200, body: { durationSeconds: 90, state: 'paused' } })
  wait(1_000)
  t.match((await call('GET', '/v1/timers', { key: ann.key })).body.data, [{ durationSeconds: 90 }])
  t.match(await timer(id, 'pause'), { status: 409, body: { code: 'timer_not_running' } })
  t.match(await timer(id, 'start'), {
    status: 201,
    body: { id: started.body.id, durationSeconds: 90, activity: 'phone' },
  })
  wait(30)
  t.match(await timer(id, 'stop'), {
    status: 200,
    body: {
      durationSeconds: 120,
      billableSeconds: 120,
      state: 'open',
      endedAt: new Date(now).toISOString(),
      week: '2026-W47',
    },
  })
  t.match(await timer(id, 'stop'), { status: 409, body: { code: 'timer_not_running' } })
  t.same((await call('GET', '/v1/timers', { key: ann.key })).body.data, [])
  const told = (await call('GET', `/v1/tickets/${id}/timeline?sort=at`)).body.data.map(
    ({ type }: { type: string }) => type,
  )
  t.match(told.join(), /timer\.started.*timer\.paused.*timer\.started.*timer\.stopped.*time\.logged/)
})

t.test('a person has one timer that runs, whoever asks and however often at once', async (t) => {
  const [one, two] = [await openTicket(), await openTicket()]
  const answers = await Promise.all([one, two, one, two, one].map(({ id }) => timer(id, 'start')))
  const codes = answers.map(({ status, body }) => (status === 201 ? 'started' : body.code)).sort()
  t.same(codes, ['started', 'timer_running', 'timer_running', 'timer_running', 'timer_running'])
  const running = answers.find(({ status }) => status === 201)?.body
  t.match(await timer(one.id, 'start'), { status: 409, body: { timeEntryId: running.id, ticketId: running.ticketId } })
  t.equal((await timer(one.id, 'start', bob.key)).status, 201, 'another has their own')
  await timer(running.ticketId, 'stop')
  await timer(one.id, 'stop', bob.key)
})

t.test('time is said by hand, in any two of beginning, end and length', async (t) => {
  const { id } = await openTicket()
  const at = (seconds: number) => new Date(now + seconds * 1_000).toISOString()
  for (const [body, expected] of [
    [{ durationSeconds: 600 }, { startedAt: at(-600), endedAt: at(0), durationSeconds: 600 }],
    [{ startedAt: at(-900) }, { endedAt: at(0), durationSeconds: 900 }],
    [
      { startedAt: at(-900), durationSeconds: 300 },
      { endedAt: at(-600), durationSeconds: 300 },
    ],
    [{ startedAt: at(-900), endedAt: at(-600) }, { durationSeconds: 300 }],
    [{ startedAt: at(-900), endedAt: at(-300), durationSeconds: 60 }, { durationSeconds: 60 }],
  ] as const)
    t.match(await log(id, body), { status: 201, body: { ...expected, source: 'manual', state: 'open' } })
  for (const [body, pointer] of [
    [{}, '/durationSeconds'],
    [{ startedAt: at(-60), endedAt: at(-90) }, '/endedAt'],
    [{ startedAt: at(600), durationSeconds: 60 }, '/endedAt'],
    [{ startedAt: at(-60), endedAt: at(0), durationSeconds: 90 }, '/durationSeconds'],
    [{ durationSeconds: 60, personId: 'per_nobody' }, undefined],
  ] as const) {
    const answer = await log(id, body)
    t.equal(answer.status, pointer ? 422 : 403, JSON.stringify(body))
    if (pointer) t.match(answer.body.errors, [{ pointer }])
  }
  const { body: admins } = await call('POST', `/v1/tickets/${id}/time-entries`, {
    body: { durationSeconds: 60, personId: ann.id },
  })
  t.equal(admins.personId, ann.id)
  const changed = await call('PATCH', `/v1/time-entries/${admins.id}`, {
    key: ann.key,
    body: { durationSeconds: 120, note: 'Longer' },
  })
  t.match(changed, { status: 200, body: { durationSeconds: 120, billableSeconds: 120, note: 'Longer', version: 2 } })
  t.equal((await call('PATCH', `/v1/time-entries/${admins.id}`, { key: bob.key, body: { note: 'Mine' } })).status, 403)
  t.equal((await call('DELETE', `/v1/time-entries/${admins.id}`, { key: ann.key })).status, 204)
  t.equal((await call('GET', `/v1/time-entries/${admins.id}`)).status, 404)
  t.equal((await entriesOf(id)).length, 5)
})

t.test('a requester learns nothing of time', async (t) => {
  const { id: personId } = await person('requester')
  // a token would have expired by the real clock
  const { body: ruth } = await call('POST', '/v1/api-keys', { body: { name: 'ruth', personId } })
  const { id } = await openTicket({ requesterId: personId })
  await log(id, { durationSeconds: 60, note: 'CANARY' })
  for (const path of [
    `/v1/tickets/${id}/time-entries`,
    `/v1/tickets/${id}/time`,
    '/v1/time-entries',
    '/v1/timers',
    '/v1/time-settings',
  ])
    t.equal((await call('GET', path, { key: ruth.key })).status, 403, path)
  t.equal((await timer(id, 'start', ruth.key)).status, 403)
  t.notMatch((await call('GET', `/v1/tickets/${id}/timeline`, { key: ruth.key })).text, /time|CANARY/)
  const light = await person('light_agent')
  t.equal((await timer(id, 'start', light.key)).status, 201, 'light agents spend time too')
})

t.test('a week is handed in, decided, corrected by reversals, and closed', async (t) => {
  const carl = await person('agent')
  const { id } = await openTicket()
  const [first, second] = [
    (await log(id, { startedAt: '2026-11-16T08:00:00Z', durationSeconds: 3_600 }, carl.key)).body,
    (await log(id, { startedAt: '2026-11-17T23:30:00Z', durationSeconds: 1_800, billable: false }, carl.key)).body,
  ]
  t.match(await sheet(carl.id, '2026-W47', '', carl.key), {
    body: {
      startsOn: '2026-11-16',
      endsOn: '2026-11-22',
      state: 'open',
      seconds: 5_400,
      billableSeconds: 3_600,
      days: [
        { on: '2026-11-16', seconds: 3_600 },
        { on: '2026-11-17', seconds: 1_800, billableSeconds: 0 },
      ],
      tickets: [{ ticketId: id, seconds: 5_400 }],
    },
  })
  await timer(id, 'start', carl.key)
  t.match(await sheet(carl.id, '2026-W47', 'submit', carl.key), { status: 409, body: { code: 'timer_running' } })
  await timer(id, 'stop', carl.key)
  const [stopped] = await entriesOf(id)
  await call('DELETE', `/v1/time-entries/${stopped.id}`, { key: carl.key })
  t.equal((await sheet(carl.id, '2026-W47', 'submit')).status, 403, "not somebody else's")
  t.match(await sheet(carl.id, '2026-W47', 'submit', carl.key), { status: 200, body: { state: 'submitted' } })
  t.match(await log(id, { startedAt: '2026-11-16T12:00:00Z', durationSeconds: 60 }, carl.key), {
    status: 409,
    body: { code: 'timesheet_closed' },
  })
  t.equal((await timer(id, 'start', carl.key)).status, 409)
  t.match(await call('PATCH', `/v1/time-entries/${first.id}`, { key: carl.key, body: { note: 'x' } }), { status: 409 })
  t.match(await call('DELETE', `/v1/time-entries/${first.id}`, { key: carl.key }), {
    status: 409,
    body: { code: 'time_entry_kept' },
  })
  t.equal((await sheet(carl.id, '2026-W47', 'approve', carl.key)).status, 403, 'nobody approves their own')
  t.match(await call('POST', `/v1/timesheets/${carl.id}/2026-W47/reject`, { body: { note: 'Too little' } }), {
    status: 200,
    body: { state: 'rejected', note: 'Too little' },
  })
  t.match(await call('PATCH', `/v1/time-entries/${first.id}`, { key: carl.key, body: { note: 'Mended' } }), {
    status: 200,
  })
  await sheet(carl.id, '2026-W47', 'submit', carl.key)
  t.match(await call('POST', `/v1/timesheets/${carl.id}/2026-W47/approve`), {
    status: 200,
    body: { state: 'approved', note: null },
  })
  t.match((await call('GET', `/v1/time-entries/${second.id}`)).body, { state: 'approved' })

  t.match(await call('POST', `/v1/time-entries/${first.id}/reversal`, { key: carl.key, body: {} }), {
    status: 409,
    body: { code: 'timesheet_closed' },
  })
  wait(7 * 86_400)
  const reversal = await call('POST', `/v1/time-entries/${first.id}/reversal`, {
    key: carl.key,
    body: { note: 'Wrong ticket' },
  })
  t.match(reversal, {
    status: 201,
    body: { durationSeconds: -3_600, billableSeconds: -3_600, reversesId: first.id, week: '2026-W48', state: 'open' },
  })
  t.match(await call('POST', `/v1/time-entries/${first.id}/reversal`, { key: carl.key, body: {} }), {
    status: 409,
    body: { code: 'time_entry_reversed' },
  })
  t.match((await call('GET', `/v1/tickets/${id}/time`)).body, { own: { seconds: 1_800, billableSeconds: 0 } })
  for (const [name, value] of Object.entries({
    durationSeconds: 1,
    billable: true,
    rate: null,
    startedAt: first.startedAt,
  }))
    t.match(await call('PATCH', `/v1/time-entries/${reversal.body.id}`, { key: carl.key, body: { [name]: value } }), {
      status: 422,
      body: { errors: [{ pointer: `/${name}`, code: 'reversal' }] },
    })
  t.match(
    await call('PATCH', `/v1/time-entries/${reversal.body.id}`, {
      key: carl.key,
      body: { note: 'x' },
      headers: { 'if-match': '"7"' },
    }),
    { status: 412, body: { code: 'version_conflict', currentVersion: 1 } },
  )
  t.match(await call('POST', `/v1/timesheets/${carl.id}/2026-W47/lock`), { status: 200, body: { state: 'locked' } })
  t.match(await call('POST', `/v1/time-entries/${second.id}/reversal`, { key: carl.key, body: {} }), {
    status: 409,
    body: { code: 'timesheet_closed', week: '2026-W47' },
  })
  t.match(await log(id, { personId: carl.id, startedAt: '2026-11-16T12:00:00Z', durationSeconds: 60 }, ann.key), {
    status: 403,
  })
  t.match(await call('POST', `/v1/timesheets/${carl.id}/2026-W47/submit`, { key: carl.key }), {
    status: 409,
    body: { code: 'timesheet_state' },
  })
  t.equal((await sheet(carl.id, '2026-W54')).status, 403)
  t.equal((await sheet(ann.id, '2026-W54')).status, 404, '2026 has 53 weeks')
})

t.test('billable time is rounded as the desk says, from then on', async (t) => {
  const { id } = await openTicket()
  const before = (await log(id, { durationSeconds: 61 })).body
  t.equal((await call('PATCH', '/v1/time-settings', { key: ann.key, body: { roundToSeconds: 900 } })).status, 403)
  t.match(await call('PATCH', '/v1/time-settings', { body: { roundToSeconds: 900, minimumSeconds: 1_800 } }), {
    status: 200,
    body: { roundToSeconds: 900, rounding: 'up', minimumSeconds: 1_800, version: 2 },
  })
  t.match((await log(id, { durationSeconds: 61 })).body, { durationSeconds: 61, billableSeconds: 1_800 })
  t.match((await log(id, { durationSeconds: 1_801 })).body, { billableSeconds: 2_700 })
  t.match((await log(id, { durationSeconds: 1_801, billable: false })).body, { billableSeconds: 0 })
  t.equal((await call('GET', `/v1/time-entries/${before.id}`)).body.billableSeconds, 61)
  for (const [seconds, mode, expected] of [
    [1, 'up', 60],
    [60, 'up', 60],
    [89, 'nearest', 60],
    [90, 'nearest', 120],
    [119, 'down', 60],
    [10, 'down', 30],
  ] as const)
    t.equal(billed(seconds, { roundToSeconds: 60, rounding: mode, minimumSeconds: 30 }), expected)
  await call('PATCH', '/v1/time-settings', { body: { roundToSeconds: 1, minimumSeconds: 0 } })
})

t.test('the time of parts counts for the whole, what is measured stays apart', async (t) => {
  const whole = await openTicket()
  const part = await openTicket({ parentId: whole.id })
  const deepest = await openTicket({ parentId: part.id })
  await log(whole.id, { durationSeconds: 100 })
  await log(part.id, { durationSeconds: 20 })
  await log(deepest.id, { durationSeconds: 3, billable: false })
  const look = () => call('POST', `/v1/tickets/${part.id}/attention`, { key: ann.key })
  for (const pause of [0, 60, 60, 300, 60]) {
    wait(pause)
    t.equal((await look()).status, 200)
  }
  t.same((await call('GET', `/v1/tickets/${whole.id}/time`)).body, {
    ticketId: whole.id,
    own: { seconds: 100, billableSeconds: 100, measuredSeconds: 0 },
    total: { seconds: 123, billableSeconds: 120, measuredSeconds: 180 },
  })
  const visits = (await entriesOf(part.id)).filter(({ source }: { source: string }) => source === 'automatic')
  t.same(
    visits.map(({ durationSeconds, state }: Record<string, unknown>) => [durationSeconds, state]),
    [
      [60, 'measured'],
      [120, 'measured'],
    ],
    'five minutes of silence are no visit',
  )
  const answer = await graphql(
    `mutation ($id: ID!) { logTime(input: { ticketId: $id, durationSeconds: 5 }) { durationSeconds rate { amount } } }`,
    { id: part.id },
  )
  t.same(answer.body.data.logTime, { durationSeconds: 5, rate: null })
  const read = await graphql(
    'query ($id: ID!) { ticketTime(ticketId: $id) { total { seconds } } timers { id } timeEntries(first: 1, filter: { source: [manual] }) { nodes { ticketId } } }',
    {
      id: whole.id,
    },
  )
  t.match(read.body.data, {
    ticketTime: { total: { seconds: 128 } },
    timers: [],
    timeEntries: { nodes: [{ ticketId: part.id }] },
  })
})

t.test('what was merged into a part counts once', async (t) => {
  const whole = await openTicket()
  const part = await openTicket({ parentId: whole.id })
  const other = await openTicket({ requesterId: part.requesterId, parentId: whole.id })
  await log(whole.id, { durationSeconds: 100 })
  await log(part.id, { durationSeconds: 20 })
  await log(other.id, { durationSeconds: 3 })
  const merged = await call('POST', `/v1/tickets/${other.id}/merge`, { body: { into: part.id } })
  t.equal(merged.status, 200)
  t.match((await call('GET', `/v1/tickets/${whole.id}/time`)).body, { total: { seconds: 123 } })
  t.match((await call('GET', `/v1/tickets/${part.id}/time`)).body, { total: { seconds: 23 } })
})

t.test('weeks are those of ISO 8601 where somebody lives', async (t) => {
  for (const [moment, zone, week] of [
    ['2026-01-01T12:00:00Z', 'UTC', '2026-W01'],
    ['2027-01-01T12:00:00Z', 'UTC', '2026-W53'],
    ['2024-12-30T00:00:00Z', 'UTC', '2025-W01'],
    ['2026-11-15T23:30:00Z', 'UTC', '2026-W46'],
    ['2026-11-15T23:30:00Z', 'Europe/Vienna', '2026-W47'],
    ['2026-11-16T04:30:00Z', 'America/New_York', '2026-W46'],
    ['2026-11-16T04:30:00Z', 'Nowhere/Land', '2026-W47'],
  ] as const)
    t.equal(weekOf(moment, zone), week, `${moment} in ${zone}`)
  t.same(datesOf('2026-W53'), { startsOn: '2026-12-28', endsOn: '2027-01-03' })
  for (const none of ['2025-W53', '2026-W00', '2026-W54', '2026-47', '']) t.equal(datesOf(none), undefined, none)
  fc.assert(
    fc.property(fc.date({ min: new Date('1971-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }), (date) => {
      const dates = datesOf(weekOf(date.toISOString(), 'UTC'))
      const day = date.toISOString().slice(0, 10)
      return dates !== undefined && dates.startsOn <= day && day <= dates.endsOn
    }),
  )
})
