import t from 'tap'
import { afterWorking, workingSeconds } from '../src/domain/calendars/working.ts'
import { startDesk } from './support/desk.ts'
import { calendarsRun } from './torture/calendars.ts'

/** `npm run torture -- --only calendars --runs 10000` does the same with more of them. */
const SEED = 20261122

t.test('working time is what a walk from minute to minute finds', async (t) => {
  const { figures, violations } = await calendarsRun({ runs: 300, seed: SEED })
  t.comment(figures)
  t.same(violations, [])
})

const OFFICE = [{ from: '08:00', to: '16:00' }]
const NONE = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] }
const office = { ...NONE, monday: OFFICE, tuesday: OFFICE, wednesday: OFFICE, thursday: OFFICE, friday: OFFICE }

t.test('hours that clocks leap over are not worked, those that they go through twice are worked twice', async (t) => {
  const night = [{ from: '01:00', to: '04:00' }]
  const hours = { ...NONE, sunday: night }
  const vienna = { timeZone: 'Europe/Vienna', hours, holidays: [] }
  for (const [from, to, worked] of [
    ['2026-03-28T22:00:00Z', '2026-03-29T10:00:00Z', 2 * 3_600],
    ['2026-10-24T22:00:00Z', '2026-10-25T10:00:00Z', 4 * 3_600],
    ['2026-11-07T22:00:00Z', '2026-11-08T10:00:00Z', 3 * 3_600],
  ] as const)
    t.equal(workingSeconds(vienna, from, to), worked, from)
  t.equal(afterWorking(vienna, '2026-10-24T22:00:00.000Z', 4 * 3_600), '2026-10-25T03:00:00.000Z')
  t.equal(
    afterWorking({ timeZone: 'UTC', hours: office, holidays: [] }, '2026-11-20T15:30:00.000Z', 3_600),
    '2026-11-23T08:30:00.000Z',
  )
  const never = { timeZone: 'UTC', hours: { ...NONE, monday: OFFICE }, holidays: [] }
  t.equal(afterWorking(never, '2026-11-20T15:30:00.000Z', 100_000_000), undefined, 'ten years are not enough')
})

const { call, graphql, person } = await startDesk(t)

t.test('calendars are kept, looked at and asked', async (t) => {
  const body = {
    key: 'office',
    name: 'Office hours',
    timeZone: 'Europe/Vienna',
    hours: { monday: OFFICE, tuesday: OFFICE, wednesday: OFFICE, thursday: OFFICE, friday: OFFICE },
    holidays: [
      { on: '--12-25', name: 'Christmas' },
      { on: '2026-11-23', name: null },
    ],
  }
  const added = await call('POST', '/v1/calendars', { body })
  t.match(added, { status: 201, body: { key: 'office', hours: { sunday: [], monday: OFFICE }, version: 1 } })
  t.match(await call('POST', '/v1/calendars', { body }), { status: 409, body: { code: 'key_taken' } })
  const ask = (query: string, key?: string) =>
    call('GET', `/v1/calendars/office/working-time?${query}`, key ? { key } : {})
  t.same((await ask('from=2026-11-20T14:00:00Z&to=2026-11-24T08:00:00Z')).body, {
    from: '2026-11-20T14:00:00.000Z',
    to: '2026-11-24T08:00:00.000Z',
    workingSeconds: 2 * 3_600,
  })
  t.equal(
    (await ask('from=2026-11-20T14:00:00Z&seconds=10800')).body.to,
    '2026-11-24T09:00:00.000Z',
    'past the holiday',
  )
  t.equal((await ask('from=2026-12-24T14:30:00Z&seconds=3600')).body.to, '2026-12-28T07:30:00.000Z')
  for (const query of [
    'from=2026-11-20T14:00:00Z',
    'from=x&seconds=1',
    'from=2026-11-20T14:00:00Z&to=2026-11-19T14:00:00Z',
  ])
    t.equal((await ask(query)).status, 400, query)

  for (const [change, pointer] of [
    [{ timeZone: 'Mars/Olympus' }, '/timeZone'],
    [{ hours: { monday: [{ from: '16:00', to: '08:00' }] } }, '/hours/monday/0'],
    [
      {
        hours: {
          monday: [
            { from: '08:00', to: '12:00' },
            { from: '11:00', to: '16:00' },
          ],
        },
      },
      '/hours/monday/1',
    ],
    [{ hours: {} }, '/hours'],
    [{ holidays: [{ on: '2026-02-29', name: null }] }, '/holidays/0/on'],
    [{ holidays: [{ on: '--02-30', name: null }] }, '/holidays/0/on'],
  ] as const)
    t.match(
      await call('PATCH', '/v1/calendars/office', { body: change }),
      { status: 422, body: { errors: [{ pointer }] } },
      pointer,
    )
  t.match(await call('PATCH', '/v1/calendars/office', { body: { holidays: [] } }), {
    status: 200,
    body: { version: 2, holidays: [] },
  })
  t.equal((await ask('from=2026-11-20T14:00:00Z&seconds=10800')).body.to, '2026-11-23T09:00:00.000Z')

  const agent = await person('agent')
  t.equal((await ask('from=2026-11-20T14:00:00Z&seconds=1', agent.key)).status, 200)
  t.equal((await call('DELETE', '/v1/calendars/office', { key: agent.key })).status, 403)
  const { key } = await person('requester')
  t.equal((await call('GET', '/v1/calendars', { key })).status, 403)
  const answer = await graphql(
    '{ calendar(key: "office") { hours { monday { from to } } } workingTime(key: "office", from: "2026-11-23T07:00:00Z", seconds: 60) { to } }',
  )
  t.same(answer.body.data, { calendar: { hours: { monday: OFFICE } }, workingTime: { to: '2026-11-23T07:01:00.000Z' } })
  t.equal((await call('DELETE', '/v1/calendars/office')).status, 204)
  t.match(await call('GET', '/v1/calendars/office'), { status: 404, body: { code: 'calendar_not_found' } })
})
