import fc from 'fast-check'
import t from 'tap'
import { workingSeconds } from '../src/domain/calendars/working.ts'
import type { TicketReportRow } from '../src/domain/statistics/schema.ts'
import { startDesk } from './support/desk.ts'

let now = Date.parse('2026-10-01T07:00:00.000Z') // a Thursday
const { call, graphql, openTicket, person, withoutRules } = await startDesk(t, {}, () => new Date(now))
await withoutRules()
const [ann, bob] = [await person('agent', 'ann@example.com'), await person('agent', 'bob@example.com')]
const OFFICE = [
  { from: '08:00', to: '12:00' },
  { from: '13:00', to: '17:00' },
]
const office = {
  key: 'office',
  name: 'Office',
  timeZone: 'Europe/Vienna',
  hours: { monday: OFFICE, tuesday: OFFICE, wednesday: OFFICE, thursday: OFFICE, friday: OFFICE },
  holidays: [{ on: '--10-26', name: 'National day' }],
}
const { body: calendar } = await call('POST', '/v1/calendars', { body: office })

const at = async <T>(moment: string, act: () => Promise<T>): Promise<T> => {
  now = Date.parse(moment)
  return act()
}
const opened = (moment: string, more: Record<string, unknown> = {}) => at(moment, () => openTicket(more))
const change = (moment: string, id: string, body: object, key = ann.key) =>
  at(moment, () => call('PATCH', `/v1/tickets/${id}`, { key, body }))
const reply = (moment: string, id: string, key = ann.key) =>
  at(moment, () => call('POST', `/v1/tickets/${id}/replies`, { key, body: { body: 'On it' } }))
const report = async (name: string, body: object, key = ann.key) =>
  call('POST', `/v1/statistics/${name}`, { key, body })
const rowsOf = async (body: object): Promise<TicketReportRow[]> => (await report('tickets', body)).body.rows

// opened on a Thursday, answered on Friday, solved, reopened and solved again; a second one is still there
const first = await opened('2026-10-01T14:00:00Z', { priority: 'high' })
await at('2026-10-01T14:05:00Z', () =>
  call('PUT', `/v1/tickets/${first.id}/assignment`, { body: { assigneeId: ann.id } }),
)
await reply('2026-10-02T07:00:00Z', first.id)
await change('2026-10-05T10:00:00Z', first.id, { status: 'solved' })
await change('2026-10-06T10:00:00Z', first.id, { status: 'open' })
await change('2026-10-07T06:30:00Z', first.id, { status: 'closed' })
const second = await opened('2026-10-05T08:00:00Z')
await at('2026-10-05T08:30:00Z', () =>
  call('PUT', `/v1/tickets/${second.id}/assignment`, { body: { assigneeId: bob.id } }),
)
await reply('2026-10-05T09:00:00Z', second.id, bob.key)
const spam = await opened('2026-10-05T09:30:00Z')
await at('2026-10-05T09:31:00Z', () => call('POST', `/v1/tickets/${spam.id}/spam`))
now = Date.parse('2026-10-31T12:00:00.000Z')
const october = { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' }

t.test('what became of tickets is counted by its own moment', async (t) => {
  t.same(await rowsOf(october), [
    {
      keys: [],
      names: [],
      opened: 2,
      solved: 1,
      reopened: 1,
      reopenRate: 1,
      firstReply: { tickets: 2, averageSeconds: 32_400, medianSeconds: 32_400, p90Seconds: 55_440 },
      resolution: { tickets: 1, averageSeconds: 491_400, medianSeconds: 491_400, p90Seconds: 491_400 },
    },
  ])
  t.match(await rowsOf({ ...october, groupBy: ['assignee'] }), [
    ...[
      { keys: [ann.id], opened: 1, solved: 1, reopened: 1, firstReply: { medianSeconds: 61_200 } },
      { keys: [bob.id], opened: 1, solved: 0, reopenRate: null, resolution: { tickets: 0, averageSeconds: null } },
    ].sort((a, b) => (String(a.keys) < String(b.keys) ? -1 : 1)),
  ])
  t.same(
    (await rowsOf({ ...october, groupBy: ['day'], timeZone: 'Pacific/Auckland' })).map(
      ({ keys, opened, solved, reopened }) => [...keys, opened, solved, reopened],
    ),
    [
      ['2026-10-02', 1, 0, 0],
      ['2026-10-05', 1, 0, 0],
      ['2026-10-06', 0, 0, 1],
      ['2026-10-07', 0, 1, 0],
    ],
    'in Auckland it is half a day later',
  )
  t.match(await rowsOf({ ...october, groupBy: ['week', 'priority'] }), [
    { keys: ['2026-W40', 'high'], opened: 1 },
    { keys: ['2026-W41', 'high'], solved: 1, reopened: 1 },
    { keys: ['2026-W41', 'normal'], opened: 1 },
  ])
  t.match(await rowsOf({ from: '2026-10-05T00:00:00Z', to: '2026-10-06T00:00:00Z' }), [{ opened: 1, solved: 0 }])
  t.match(await rowsOf({ ...october, condition: { field: 'priority', op: 'is', value: 'high' } }), [{ opened: 1 }])
  t.match(await rowsOf({ ...october, condition: { field: 'spam', op: 'is', value: true } }), [{ opened: 1, solved: 0 }])
  t.same(await rowsOf({ from: '2025-10-01T00:00:00Z', to: '2025-10-02T00:00:00Z' }), [])
})

t.test('times are those of the calendar that is named', async (t) => {
  const [row] = await rowsOf({
    ...october,
    groupBy: ['assignee'],
    calendar: 'office',
    condition: { field: 'priority', op: 'is', value: 'high' },
  })
  // Thursday from 16 to 17, and on Friday from 8 to 9 on the clocks of Vienna
  t.equal(row?.firstReply.medianSeconds, 2 * 3_600)
  t.equal(row?.resolution.medianSeconds, workingSeconds(calendar, '2026-10-01T14:00:00Z', '2026-10-07T06:30:00Z'))
})

t.test('what lay there is told step by step', async (t) => {
  const { body } = await report('backlog', { from: '2026-10-02T00:00:00Z', to: '2026-10-08T00:00:00Z' })
  t.same(body, {
    step: 'day',
    before: 1,
    steps: [
      { on: '2026-10-02', opened: 0, solved: 0, unresolved: 1 },
      { on: '2026-10-03', opened: 0, solved: 0, unresolved: 1 },
      { on: '2026-10-04', opened: 0, solved: 0, unresolved: 1 },
      { on: '2026-10-05', opened: 1, solved: 0, unresolved: 2 },
      { on: '2026-10-06', opened: 0, solved: 0, unresolved: 2 },
      { on: '2026-10-07', opened: 0, solved: 1, unresolved: 1 },
    ],
  })
  t.same(
    (await report('backlog', { ...october, step: 'week' })).body.steps.map(({ on }: { on: string }) => on),
    ['2026-09-28', '2026-10-05', '2026-10-12', '2026-10-19', '2026-10-26'],
  )
  t.match((await report('backlog', { from: '2026-08-15T00:00:00Z', step: 'month', timeZone: 'Europe/Vienna' })).body, {
    before: 0,
    steps: [{ on: '2026-08-01' }, { on: '2026-09-01' }, { on: '2026-10-01', opened: 2, solved: 1, unresolved: 1 }],
  })
})

t.test('tickets are spread, and counted for those who look at a dashboard', async (t) => {
  t.same((await report('distribution', { groupBy: ['status', 'assignee'] })).body, {
    groupBy: ['status', 'assignee'],
    rows: [
      { keys: ['open', bob.id], names: ['open', (await call('GET', `/v1/people/${bob.id}`)).body.name], tickets: 1 },
    ],
    isCapped: false,
  })
  const everything = await report('distribution', {
    groupBy: ['statusCategory'],
    condition: { field: 'createdAt', op: 'present' },
  })
  t.match(everything.body.rows, [{ keys: ['closed'] }, { keys: ['open'] }])
  await change('2026-10-31T12:00:00Z', second.id, { dueAt: '2026-10-30T00:00:00Z' })
  const mine = await opened('2026-10-31T12:00:00Z')
  await call('PUT', `/v1/tickets/${mine.id}/assignment`, { body: { assigneeId: bob.id } })
  await opened('2026-10-31T12:00:00Z')
  const told = await call('GET', '/v1/statistics/dashboard', { key: bob.key })
  t.match(told, {
    status: 200,
    body: {
      unresolved: 3,
      unassigned: 1,
      needsReaction: 1,
      overdue: 1,
      open: 3,
      waitingOnCustomer: 0,
      snoozed: 0,
      mine: { unresolved: 2, needsReaction: 0, overdue: 1, unread: 2 },
      members: [{ personId: bob.id, unresolved: 2, needsReaction: 0, overdue: 1 }],
      teams: [],
      at: '2026-10-31T12:00:00.000Z',
    },
  })
  const light = await person('light_agent')
  const { body: seen } = await call('GET', '/v1/statistics/dashboard', { key: light.key })
  t.match(seen, { unresolved: 3, mine: { unresolved: 0 }, members: null, teams: null })
})

t.test('figures are a table where that is asked for, and the same in GraphQL', async (t) => {
  const headers = { accept: 'text/csv' }
  const table = await call('POST', '/v1/statistics/backlog', {
    key: ann.key,
    headers,
    body: { ...october, step: 'month' },
  })
  t.same(table.text.split('\r\n'), ['"month","opened","solved","unresolved"', '"2026-10-01","4","1","3"', ''])
  t.match(table.headers, { 'content-disposition': 'attachment; filename="backlog.csv"' })
  const tickets = await call('POST', '/v1/statistics/tickets', {
    key: ann.key,
    headers,
    body: { ...october, groupBy: ['priority'] },
  })
  t.match(tickets.text.split('\r\n')[1], /^"high","high","1","1","1","1","1","61200",/)
  now += 1_000 // up to now is before it
  const { body } = await graphql(
    `{ ticketReport(input: { from: "${october.from}", groupBy: [month], calendar: null }) { rows { keys opened firstReply { medianSeconds } } }
       backlogReport(input: { from: "${october.from}", step: month }) { before steps { unresolved } }
       ticketDistribution(input: { groupBy: [priority] }) { rows { names tickets } }
       dashboard { unresolved mine { unread } members { name } } }`,
  )
  t.match(body.data, {
    ticketReport: { rows: [{ keys: ['2026-10'], opened: 4 }] },
    backlogReport: { before: 0, steps: [{ unresolved: 3 }] },
    ticketDistribution: { rows: [{ names: ['normal'], tickets: 3 }] },
    dashboard: { unresolved: 3, mine: { unread: 0 } },
  })
})

t.test('what is asked wrongly is refused at its place, and reports are for agents', async (t) => {
  for (const [name, body, pointer] of [
    ['tickets', { ...october, calendar: 'none' }, '/calendar'],
    ['tickets', { from: '0001-01-01T00:00:00Z', calendar: 'office' }, '/from'],
    ['tickets', { ...october, timeZone: 'Mars' }, '/timeZone'],
    ['tickets', { ...october, groupBy: ['day', 'week', 'month'] }, '/groupBy'],
    ['tickets', { from: october.to, to: october.from }, '/to'],
    ['tickets', { ...october, condition: { field: 'colour', op: 'is', value: 1 } }, '/condition/field'],
    ['backlog', { from: '2020-01-01T00:00:00Z' }, '/step'],
    ['backlog', { from: 'yesterday' }, '/from'],
    ['distribution', { groupBy: [] }, '/groupBy'],
    ['distribution', {}, '/groupBy'],
  ] as const) {
    const answer = await report(name, body)
    t.match(answer, { status: 422, body: { code: 'invalid_input', errors: [{ pointer }] } }, `${name} ${pointer}`)
  }
  for (const role of ['light_agent', 'requester'] as const) {
    const { id } = await person(role)
    // a token would have expired by the real clock
    const { key } = (await call('POST', '/v1/api-keys', { body: { name: role, personId: id } })).body
    for (const name of ['tickets', 'backlog']) t.equal((await report(name, october, key)).status, 403, role)
    t.equal((await report('distribution', { groupBy: ['type'] }, key)).status, 403, role)
    t.equal((await call('GET', '/v1/statistics/dashboard', { key })).status, role === 'requester' ? 403 : 200)
  }
})

t.test('working time in the database is that of the calendar', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 * 24 * 60 }),
      fc.integer({ min: 0, max: 20 * 24 * 60 * 60 }),
      fc.constantFrom('Europe/Vienna', 'America/St_Johns', 'Pacific/Chatham', 'UTC'),
      async (minutes, seconds, timeZone) => {
        // over the end of summer time, and the national day
        const begun = Date.parse('2026-10-10T00:00:00Z') + minutes * 60_000
        const solved = begun + seconds * 1_000
        await call('PATCH', '/v1/calendars/office', { body: { timeZone } })
        now = begun
        const { id } = await openTicket({ tags: ['timed'] })
        await change(new Date(solved).toISOString(), id, { status: 'solved' })
        const [row] = await rowsOf({
          from: new Date(solved).toISOString(),
          to: new Date(solved + 1).toISOString(),
          calendar: 'office',
          condition: { field: 'id', op: 'is', value: id },
        })
        const expected = workingSeconds(
          { ...calendar, timeZone },
          new Date(begun).toISOString(),
          new Date(solved).toISOString(),
        )
        return row?.resolution.averageSeconds === expected
      },
    ),
    { numRuns: 40 },
  )
})
