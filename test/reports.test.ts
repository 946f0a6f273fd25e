import t from 'tap'
import { asCsv } from '../src/rest/csv.ts'
import { startDesk } from './support/desk.ts'

const { call, graphql, openTicket, person, withoutRules } = await startDesk(
  t,
  {},
  () => new Date('2026-11-30T12:00:00Z'),
)
await withoutRules()
const [ann, bob] = [await person('agent', 'ann@example.com'), await person('agent', 'bob@example.com')]
const acme = (await call('POST', '/v1/organizations', { body: { name: '=Acme' } })).body
const mona = await person('requester', 'mona@example.com')
await call('PATCH', `/v1/people/${mona.id}`, { body: { organizationId: acme.id } })
const first = await openTicket({ subject: 'First', requesterId: mona.id })
const second = await openTicket({ subject: 'Second' })

const log = (id: string, startedAt: string, durationSeconds: number, more: object = {}, key = ann.key) =>
  call('POST', `/v1/tickets/${id}/time-entries`, { key, body: { startedAt, durationSeconds, ...more } })
const EUR = { rate: { amount: 9_000, currency: 'EUR' } }
await log(first.id, '2026-11-10T08:00:00Z', 3_600, { ...EUR, activity: 'phone' })
await log(first.id, '2026-11-10T23:30:00Z', 1_800, { ...EUR, activity: 'travel' })
await log(first.id, '2026-11-17T08:00:00Z', 600, { rate: { amount: 12_000, currency: 'USD' } }, bob.key)
await log(second.id, '2026-11-17T09:00:00Z', 300, { billable: false, ...EUR })
await log(second.id, '2026-12-01T09:00:00Z', 300)
await call('POST', `/v1/tickets/${second.id}/attention`, { key: ann.key })

interface Row {
  keys: string[]
  entries: number
  seconds: number
  billableSeconds: number
}
const report = async (query: string, key = ann.key) => (await call('GET', `/v1/statistics/time?${query}`, { key })).body
const lines = async (query: string) =>
  (await report(query)).rows.map(({ keys, entries, seconds, billableSeconds }: Row) => [
    ...keys,
    entries,
    seconds,
    billableSeconds,
  ])
const keysOf = async (query: string) => (await report(query)).rows.map(({ keys }: Row) => keys[0])

t.test('time is summed by whatever is asked for', async (t) => {
  t.same(
    new Set(await lines('groupBy=person')),
    new Set([
      [ann.id, 3, 5_700, 5_400],
      [bob.id, 1, 600, 600],
    ]),
    'what is in the future was refused, what was measured is apart',
  )
  t.equal((await keysOf('groupBy=ticket,activity')).filter((id: string) => id === first.id).length, 3)
  t.match((await report('groupBy=organization')).rows, [
    {
      keys: [acme.id],
      names: ['=Acme'],
      seconds: 6_000,
      amounts: [
        { amount: 13_500, currency: 'EUR' },
        { amount: 2_000, currency: 'USD' },
      ],
    },
    { keys: [null], names: [null], seconds: 300, billableSeconds: 0, amounts: [] },
  ])
  t.same(await keysOf('groupBy=day'), ['2026-11-10', '2026-11-17'])
  t.same(await keysOf('groupBy=day&timeZone=Europe/Vienna'), ['2026-11-10', '2026-11-11', '2026-11-17'])
  t.same(await lines('groupBy=week'), [
    ['2026-W46', 2, 5_400, 5_400],
    ['2026-W47', 2, 900, 600],
  ])
  t.same(await lines(`groupBy=month&personId=${bob.id}`), [['2026-11', 1, 600, 600]])
  t.same(await lines('groupBy=month&from=2026-11-17T00:00:00Z&to=2026-11-17T09:00:00Z'), [['2026-11', 1, 600, 600]])
  t.match(await report('groupBy=source&measured=true'), { rows: [{ keys: ['automatic'], entries: 1, seconds: 0 }] })
  for (const query of [
    '',
    'groupBy=colour',
    'groupBy=day,week,month,person',
    'groupBy=day,day',
    'groupBy=day&timeZone=Mars',
  ])
    t.match(await report(query), { status: 400, code: 'invalid_parameter' }, query)
})

t.test('a report is a table where that is asked for, and no cell of it a formula', async (t) => {
  const answer = await call('GET', '/v1/statistics/time?groupBy=organization', {
    key: ann.key,
    headers: { accept: 'text/csv' },
  })
  t.match(answer.headers, { 'content-type': /^text\/csv/, 'content-disposition': /attachment/ })
  t.same(answer.text.split('\r\n'), [
    '"organization","organization_name","entries","seconds","billable_seconds","amounts"',
    `"${acme.id}","'=Acme","3","6000","6000","135.00 EUR 20.00 USD"`,
    '"","","1","300","0",""',
    '',
  ])
  for (const [value, cell] of [
    ['=1+1', `"'=1+1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    [-1, '"-1"'],
    ['@sum', `"'@sum"`],
    ['\t=1', `"'\t=1"`],
    ['say "hi"', '"say ""hi"""'],
    [null, '""'],
    ['a=1', '"a=1"'],
  ] as const)
    t.equal(asCsv([[value]]), `${cell}\r\n`, String(value))
})

t.test('reports are for agents', async (t) => {
  for (const role of ['light_agent', 'requester'] as const) {
    const { id } = await person(role)
    // a token would have expired by the real clock
    const { key } = (await call('POST', '/v1/api-keys', { body: { name: role, personId: id } })).body
    t.equal((await report('groupBy=person', key)).status, 403, role)
  }
  const answer = await graphql(
    '{ timeReport(input: { groupBy: [person], project: null }) { groupBy isCapped rows { names seconds amounts { amount currency } } } }',
  )
  t.match(answer.body.data.timeReport, { groupBy: ['person'], isCapped: false })
  t.equal(answer.body.data.timeReport.rows.length, 2)
})
