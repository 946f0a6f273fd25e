import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startDesk } from './support/desk.ts'

// What docs/contracts.md, docs/statistics.md and docs/time.md show is done here, word for word; other pages have this in the tests of what
// they are about.

const now = new Date('2027-03-10T12:00:00.000Z')
const { call, openTicket, person, withoutRules } = await startDesk(t, {}, () => now)
await withoutRules()

const page = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8')
/** What stands between two words of a page. */
const between = (text: string, from: string, to: string): string => {
  const found = text.split(from)[1]?.split(to)[0]
  if (found === undefined) throw new Error(`There is no ${from} … ${to} any more`)
  return found
}
/** The keys of an enumeration of the graph. */
const wordsOf = (name: string) =>
  between(page('schema.graphql'), `enum ${name} {`, '}')
    .match(/^ {2}\w+$/gm)
    ?.map((line) => line.trim())

t.test('the contract of docs/contracts.md is made, drawn from as it says, and warns', async (t) => {
  const text = page('docs/contracts.md')
  const [added, balance, ledger, ...others] = [
    ...text.matchAll(/^curl (?:-X (POST) )?"\$KONTOR(\S+)" .*?(?:-d '([^']+)')?$/gms),
  ].map(([, method = 'GET', path = '', body]) => ({ method, path, body }))
  t.same(others, [])
  t.match(
    [added, balance, ledger].map((each) => `${each?.method} ${each?.path}`),
    ['POST /v1/contracts', 'GET /v1/contracts/$CONTRACT/balance', 'GET /v1/contracts/$CONTRACT/ledger'],
  )
  const rule = JSON.parse(between(text, '```json\n', '```'))
  t.equal((await call('POST', '/v1/rules', { body: rule })).status, 201)
  const { id: organizationId } = (await call('POST', '/v1/organizations', { body: { name: 'Of the page' } })).body
  const about = JSON.parse(added?.body?.replace('org_…', organizationId) ?? '')
  const contract = await call('POST', '/v1/contracts', { body: about })
  t.match(contract, { status: 201, body: { ...about, balance: 36_000 } })
  const read = async (path = '') => (await call('GET', path.replace('$CONTRACT', contract.body.id))).body
  const { id: requesterId } = await person('requester')
  await call('PATCH', `/v1/people/${requesterId}`, { body: { organizationId } })
  const { id } = await openTicket({ requesterId, priority: 'urgent' })
  const spend = (durationSeconds: number) =>
    call('POST', `/v1/tickets/${id}/time-entries`, { body: { durationSeconds } })

  const [, minutes] = /The contract above, and (\d+) minutes on an urgent ticket/.exec(text) ?? []
  t.equal((await spend(Number(minutes) * 60)).status, 201)
  const told = Object.fromEntries(
    [...between(text, '`explanation` of the drawdown says', 'With points').matchAll(/`(\w+)` (\d+)/g)].map(
      ([, name, value]) => [name, Number(value)],
    ),
  )
  t.same(Object.keys(told), ['billableSeconds', 'countedSeconds', 'term', 'factorPercent', 'units'])
  t.match((await read(ledger?.path)).data, [{ kind: 'drawdown', amount: -(told.units ?? 0), explanation: told }, {}])
  t.match(await read(balance?.path), { balance: 36_000 - (told.units ?? 0) })

  const warnings = async () =>
    (await call('GET', `/v1/mail/outbound?ticketId=${id}&to=${rule.then[0].to}`)).body.data.length
  t.equal(await warnings(), 0)
  await spend(17_600) // times 1.5 and what was drawn: over 80 percent
  t.equal(await warnings(), 1)
  t.match(await spend(5_400), { status: 409, body: { code: 'contract_exhausted' } })
})

t.test('the points of docs/contracts.md are counted as it counts them', async (t) => {
  const text = page('docs/contracts.md')
  const [, pointsPerHour, seconds, units] =
    /`pointsPerHour` (\d+) and no term: (\d+) s × .*? points, (\d+) hundredths/s.exec(text) ?? []
  const { id: requesterId } = await person('requester')
  const about = { name: 'Points', unit: 'points', allowance: 1_000, period: 'month', startsOn: '2027-01-01' }
  const { body } = await call('POST', '/v1/contracts', {
    body: { ...about, timeZone: 'UTC', requesterId, pointsPerHour: Number(pointsPerHour) },
  })
  const { id } = await openTicket({ requesterId })
  await call('POST', `/v1/tickets/${id}/time-entries`, { body: { durationSeconds: Number(seconds) } })
  const ledger = await call('GET', `/v1/contracts/${body.id}/ledger`)
  t.match(ledger.body.data, [
    { kind: 'drawdown', amount: -Number(units) },
    { kind: 'grant', amount: 1_000 },
  ])
})

t.test('the reports of docs/statistics.md answer, by every word that it lists', async (t) => {
  const text = page('docs/statistics.md')
  await call('POST', '/v1/calendars', {
    body: { key: 'office', name: 'Office', timeZone: 'UTC', hours: { monday: [{ from: '08:00', to: '17:00' }] } },
  })
  const examples = [...text.matchAll(/```http\nPOST (\S+)\n(.*?)```/gs)]
  t.same(
    examples.map(([, path]) => path),
    ['tickets', 'backlog', 'distribution'].map((name) => `/v1/statistics/${name}`),
  )
  for (const [, path = '', body = ''] of examples) {
    const figures = await call('POST', path, { body: JSON.parse(body) })
    t.equal(figures.status, 200, figures.text)
    const table = await call('POST', path, { body: JSON.parse(body), headers: { accept: 'text/csv' } })
    t.match(table, { status: 200, headers: { 'content-type': /^text\/csv/ } }, path)
  }
  const listed = between(text, 'up to two of `', '`').split(' ')
  t.same(listed, wordsOf('TicketReportGroup'))
  const stretch = { from: '2027-01-01T00:00:00Z', to: '2028-01-01T00:00:00Z' }
  for (const word of listed) {
    const { body } = await call('POST', '/v1/statistics/tickets', { body: { ...stretch, groupBy: [word] } })
    t.equal(body.rows?.[0]?.keys.length, 1, word)
  }
  const [, dashboard = ''] = /`GET (\/v1\/statistics\/dashboard)`/.exec(text) ?? []
  t.equal((await call('GET', dashboard)).body.unresolved, 2)
  const names = between(text, 'In GraphQL: ', '.').match(/\w+/g) ?? []
  const queries = between(page('schema.graphql'), 'type Query {', '\n}')
  t.same(
    names.filter((name) => !new RegExp(`^  ${name}\\b`, 'm').test(queries)),
    [],
  )
  t.equal(names.length, 5)
})

t.test('the report of docs/time.md answers, by every word that it lists', async (t) => {
  const text = page('docs/time.md')
  const [, path = ''] = /`GET (\/v1\/statistics\/time\S+)`/.exec(text) ?? []
  const { rows, groupBy } = (await call('GET', path)).body
  t.same(groupBy, ['person', 'month'])
  t.match(rows, [{ keys: [String, '2027-03'] }])
  const listed = between(text, 'by up to three of `', '`').split(' ')
  t.same(listed, wordsOf('TimeGroup'))
  for (const word of listed)
    t.equal((await call('GET', `/v1/statistics/time?groupBy=${word}`)).body.rows?.[0]?.keys.length, 1, word)
})
