import { randomInt } from 'node:crypto'
import t from 'tap'
import { beginningOf, lastDayOf, periodAt, turnAfter } from '../src/domain/contracts/periods.ts'
import { turnContract } from '../src/domain/contracts/turn-contract.ts'
import { contractWork } from '../src/jobs/contracts.ts'
import { startDesk } from './support/desk.ts'
import { torturedContracts } from './torture/contracts.ts'
import type { ClockedDesk } from './torture/contracts-acts.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

let now = Date.parse('2026-11-10T09:00:00.000Z')
const wait = (seconds: number) => {
  now += seconds * 1_000
}
const { call, db, graphql, openTicket, person, rows, system, withoutRules } = await startDesk(
  t,
  {},
  () => new Date(now),
)
await withoutRules()
const ann = await person('agent')

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
type Json = any

const MONTHLY = { name: 'Support', unit: 'hours', period: 'month', timeZone: 'UTC', startsOn: '2026-11-01' }
/** A requester with a contract, and a ticket of theirs. */
async function covered(members: object = {}) {
  const { id: requesterId } = await person('requester')
  const added = await call('POST', '/v1/contracts', {
    body: { ...MONTHLY, requesterId, allowance: 10 * HOUR, ...members },
  })
  if (added.status !== 201) throw new Error(added.text)
  const { id: ticketId } = await openTicket({ requesterId })
  return { requesterId, contractId: added.body.id as string, ticketId: ticketId as string }
}
/** Begun some hours ago, so that it can be made longer. */
const log = (ticketId: string, durationSeconds: number, more: object = {}, key = ann.key) => {
  const startedAt = new Date(now - Math.max(6 * HOUR, durationSeconds) * 1_000).toISOString()
  return call('POST', `/v1/tickets/${ticketId}/time-entries`, { key, body: { startedAt, durationSeconds, ...more } })
}
const timer = (ticketId: string, act: string) =>
  call('POST', `/v1/tickets/${ticketId}/timer/${act}`, { key: ann.key, ...(act === 'start' ? { body: {} } : {}) })
const change = (id: string, body: object) => call('PATCH', `/v1/time-entries/${id}`, { key: ann.key, body })
const balanceOf = async (contractId: string) => (await call('GET', `/v1/contracts/${contractId}/balance`)).body
const ledgerOf = async (contractId: string): Promise<Json[]> =>
  (await call('GET', `/v1/contracts/${contractId}/ledger?sort=sequence&limit=100`)).body.data
/** `grant 36000, drawdown -60`: and that the ledger adds up is seen each time. */
async function told(test: Pick<typeof t, 'equal' | 'same'>, contractId: string): Promise<string> {
  const ledger = await ledgerOf(contractId)
  let sum = 0
  for (const [n, { sequence, amount, balance }] of ledger.entries()) {
    sum += amount
    test.same({ sequence, balance }, { sequence: n + 1, balance: sum }, `row ${n + 1}`)
  }
  const { rows } = await db.query<{ balance: number }>({
    text: 'select balance from contracts where id = $1',
    values: [contractId],
  })
  test.equal(rows[0]?.balance, sum, 'the kept balance is the sum')
  return ledger.map(({ kind, amount }) => `${kind} ${amount}`).join(', ')
}

t.test('periods follow the calendar', async (t) => {
  const monthly = { period: 'month', timeZone: 'Europe/Vienna', startsOn: '2027-10-31', endsOn: null } as const
  const begins = ['2027-11-29', '2027-11-30', '2028-02-28', '2028-02-29', '2028-03-30', '2028-03-31', '2029-03-01']
  t.same(
    begins.map((date) => periodAt(monthly, date)),
    ['2027-10-31', '2027-11-30', '2028-01-31', '2028-02-29', '2028-02-29', '2028-03-31', '2029-02-28'],
  )
  t.equal(periodAt(monthly, '2020-01-01'), '2027-10-31', 'none before the first')
  t.equal(turnAfter(monthly, '2027-10-31'), '2027-11-29T23:00:00.000Z')
  t.equal(turnAfter(monthly, '2028-03-31'), '2028-04-29T22:00:00.000Z', 'by summer time')
  t.equal(lastDayOf(monthly, '2028-02-29'), '2028-03-30')
  const yearly = { ...monthly, period: 'year', startsOn: '2024-02-29', endsOn: '2029-01-15' } as const
  t.same(
    ['2025-02-27', '2025-02-28', '2028-02-28', '2028-02-29'].map((date) => periodAt(yearly, date)),
    ['2024-02-29', '2025-02-28', '2027-02-28', '2028-02-29'],
  )
  t.equal(lastDayOf(yearly, '2028-02-29'), '2029-01-15', 'the contract ends before the period')
  const quarterly = { ...monthly, period: 'quarter', startsOn: '2026-11-30' } as const
  t.same(
    ['2027-02-27', '2027-02-28', '2027-05-29', '2027-05-30'].map((date) => periodAt(quarterly, date)),
    ['2026-11-30', '2027-02-28', '2027-02-28', '2027-05-30'],
  )
  const once = { ...monthly, period: 'once' } as const
  t.equal(turnAfter(once, '2027-10-31'), null)
  t.equal(turnAfter({ ...once, endsOn: '2027-12-31' }, '2027-10-31'), '2027-12-31T23:00:00.000Z')
  t.equal(beginningOf('Pacific/Apia', '2011-12-30'), '2011-12-30T10:00:00.000Z', 'a day that was leapt over')
  t.equal(beginningOf('America/Sao_Paulo', '2018-11-04'), '2018-11-04T03:00:00.000Z', 'a midnight that was leapt over')
})

t.test('a contract that could not be kept is not made', async (t) => {
  const { id: requesterId } = await person('requester')
  const gone = await person('requester')
  await call('PATCH', `/v1/people/${gone.id}`, { body: { disabled: true } })
  const organizationId = (await call('POST', '/v1/organizations', { body: { name: 'Acme' } })).body.id
  const add = (members: object) =>
    call('POST', '/v1/contracts', { body: { ...MONTHLY, requesterId, allowance: HOUR, ...members } })
  const before = await rows()
  for (const [members, pointer] of [
    [{ organizationId }, '/requesterId'],
    [{ requesterId: undefined }, '/organizationId'],
    [{ requesterId: gone.id }, '/requesterId'],
    [{ requesterId: undefined, organizationId: 'org_none' }, '/organizationId'],
    [{ timeZone: '+01:00' }, '/timeZone'],
    [{ startsOn: '2026-02-29' }, '/startsOn'],
    [{ endsOn: '2026-10-31' }, '/endsOn'],
    [{ endsOn: '2026-11-09' }, '/endsOn'],
    [{ unit: 'points' }, '/pointsPerHour'],
    [{ drawdown: 'ticket' }, '/unitsPerTicket'],
    [{ drawdown: 'ticket', unitsPerTicket: 60, roundToSeconds: 60 }, '/roundToSeconds'],
    [
      { drawdown: 'ticket', unitsPerTicket: 60, terms: [{ if: { all: [] }, minimumSeconds: 60 }] },
      '/terms/0/minimumSeconds',
    ],
    [{ overageLimit: 60 }, '/overageLimit'],
    [{ period: 'once', carryOverMax: null }, '/carryOverMax'],
  ] as const)
    t.match(await add(members), { status: 422, body: { errors: [{ pointer }] } }, JSON.stringify(members))
  t.same(await rows(), before, 'nothing was written')
  for (let n = 0; n < 50; n++) await add({})
  t.match(await add({}), { status: 422, body: { errors: [{ pointer: '/requesterId', code: 'too_many' }] } })
})

t.test('what is spent is drawn by the terms, exactly', async (t) => {
  const terms = [
    { if: { field: 'entry.activity', op: 'is', value: 'travel' }, factorPercent: 50 },
    { if: { field: 'priority', op: 'is', value: 'urgent' }, factorPercent: 150, minimumSeconds: HOUR },
    { if: { field: 'entry.activity', op: 'is', value: 'gift' }, factorPercent: 0 },
  ]
  const { contractId, ticketId } = await covered({ terms, roundToSeconds: 900 })
  const drawn = async (seconds: number, more: object = {}) => {
    await log(ticketId, seconds, more)
    return (await ledgerOf(contractId)).at(-1)
  }
  t.match(await drawn(901), {
    kind: 'drawdown',
    amount: -1_800,
    ticketId,
    timeEntryId: /^tim_/,
    periodOn: '2026-11-01',
  })
  t.match(await drawn(3_601, { activity: 'travel' }), {
    amount: -2_250,
    explanation: {
      billableSeconds: 3_601,
      countedSeconds: 4_500,
      term: 0,
      factorPercent: 50,
      units: 2_250,
      uncovered: 0,
    },
  })
  const { sequence } = await drawn(60, { billable: false })
  t.equal(sequence, 3, 'what is not billed is not drawn')
  t.equal((await drawn(60, { activity: 'gift' })).sequence, 3, 'nor what counts nothing')
  await call('PATCH', `/v1/tickets/${ticketId}`, { body: { priority: 'urgent' } })
  t.match(await drawn(60), { amount: -5_400, explanation: { countedSeconds: 3_600, term: 1 } })
  t.match(await drawn(5_000), { amount: -8_100 })
  t.match(await balanceOf(contractId), {
    balance: 18_450,
    available: 18_450,
    granted: 36_000,
    drawn: 17_550,
    periodStartsOn: '2026-11-01',
    periodEndsOn: '2026-11-30',
  })
  await told(t, contractId)

  const points = await covered({ unit: 'points', allowance: 1_000, pointsPerHour: 250 })
  await log(points.ticketId, 1_000)
  // 1,000 s × 2.5 points an hour = 0.6944… points, rounded up to a hundredth
  t.equal(await told(t, points.contractId), 'grant 1000, drawdown -70')
})

t.test('what is changed is drawn anew, what is removed or reversed is taken back', async (t) => {
  const { contractId, ticketId } = await covered()
  const { id } = (await log(ticketId, 600)).body
  await change(id, { note: 'A note draws nothing' })
  t.equal(await told(t, contractId), 'grant 36000, drawdown -600')
  await change(id, { durationSeconds: 900 })
  await change(id, { billable: false })
  await change(id, { billable: true, durationSeconds: 300 })
  t.equal((await call('DELETE', `/v1/time-entries/${id}`, { key: ann.key })).status, 204)
  t.equal(
    await told(t, contractId),
    'grant 36000, drawdown -600, reversal 600, drawdown -900, reversal 900, drawdown -300, reversal 300',
  )
  const carl = await person('agent')
  const entry = await call('POST', `/v1/tickets/${ticketId}/time-entries`, {
    key: carl.key,
    body: { durationSeconds: 7_200 },
  })
  for (const [act, key] of [
    ['submit', carl.key],
    ['approve', undefined],
  ] as const)
    await call('POST', `/v1/timesheets/${carl.id}/2026-W46/${act}`, key ? { key } : {})
  wait(7 * DAY)
  const reversal = await call('POST', `/v1/time-entries/${entry.body.id}/reversal`, { key: carl.key, body: {} })
  t.equal(reversal.status, 201, reversal.text)
  t.equal((await balanceOf(contractId)).balance, 36_000)
  t.match((await ledgerOf(contractId)).at(-1), { kind: 'reversal', amount: 7_200, timeEntryId: entry.body.id })
  await call('DELETE', `/v1/time-entries/${reversal.body.id}`, { key: carl.key })
  t.equal((await balanceOf(contractId)).balance, 28_800, 'what took it back is gone')
  await told(t, contractId)
})

t.test('what a contract does not cover is blocked, and nothing of it is written', async (t) => {
  const { contractId, ticketId } = await covered({ allowance: HOUR })
  const { id } = (await log(ticketId, 3_000)).body
  const before = await rows()
  t.match(await log(ticketId, 601), {
    status: 409,
    body: { code: 'contract_exhausted', contractId, unit: 'hours', remaining: 600, needed: 601 },
  })
  t.equal((await change(id, { durationSeconds: 3_601 })).status, 409)
  t.match(await call('POST', `/v1/contracts/${contractId}/adjustments`, { body: { amount: -601, note: 'x' } }), {
    status: 409,
    body: { code: 'contract_exhausted', remaining: 600 },
  })
  t.same(await rows(), before)
  t.equal((await log(ticketId, 601, { billable: false })).status, 201)
  t.equal((await timer(ticketId, 'start')).status, 201)
  wait(1_000)
  t.match(await timer(ticketId, 'stop'), { status: 200, body: { billableSeconds: 1_000 } }, 'it can always be stopped')
  t.match((await ledgerOf(contractId)).at(-1), {
    amount: -600,
    balance: 0,
    explanation: { units: 1_000, uncovered: 400, uncoveredSeconds: 400 },
  })
  t.match(await timer(ticketId, 'start'), { status: 409, body: { code: 'contract_exhausted', remaining: 0 } })
  t.same((await call('GET', '/v1/timers', { key: ann.key })).body.data, [])
  t.equal((await change(id, { durationSeconds: 2_000 })).status, 200, 'less can always be said')
  t.equal((await balanceOf(contractId)).balance, 1_000)
  await told(t, contractId)

  const loose = await covered({ allowance: HOUR, overage: 'allow', overageLimit: 1_000 })
  t.equal((await log(loose.ticketId, 4_600)).status, 201)
  t.match(await balanceOf(loose.contractId), { balance: -1_000, available: 0 })
  t.match(await log(loose.ticketId, 1), { status: 409, body: { remaining: 0 } })
  const free = await covered({ allowance: HOUR, overage: 'allow' })
  t.equal((await log(free.ticketId, 40_000)).status, 201)
  t.match(await balanceOf(free.contractId), { balance: -36_400, available: null })
})

t.test('periods are granted and lapse in order, however late', async (t) => {
  const { contractId, ticketId } = await covered({ carryOverMax: 5 * HOUR, endsOn: '2027-03-15' })
  await log(ticketId, 2 * HOUR)
  now = Date.parse('2026-12-01T00:00:00.000Z')
  t.match(
    await balanceOf(contractId),
    { balance: 15 * HOUR, periodStartsOn: '2026-12-01' },
    'as it is read, no job done',
  )
  const turned = await system.execute(turnContract, { contractId })
  t.same([turned, await system.execute(turnContract, { contractId })], [{ found: true }, { found: false }])
  t.equal(await told(t, contractId), 'grant 36000, drawdown -7200, expiry -10800, grant 36000')
  now = Date.parse('2027-02-03T12:00:00.000Z')
  await log(ticketId, HOUR, { startedAt: '2027-01-05T08:00:00Z' })
  t.equal(
    await told(t, contractId),
    'grant 36000, drawdown -7200, expiry -10800, grant 36000, expiry -36000, grant 36000, expiry -36000, grant 36000, drawdown -3600',
  )
  t.match((await ledgerOf(contractId)).at(-1), { periodOn: '2027-02-01' }, 'from the period that runs')
  now = Date.parse('2027-03-16T00:00:00.000Z')
  t.match(await balanceOf(contractId), { balance: 0, available: 0, endedAt: '2027-03-16T00:00:00.000Z' })
  t.equal((await log(ticketId, 60)).status, 201, 'after its last day it covers nothing')
  await system.execute(turnContract, { contractId })
  t.match((await call('GET', `/v1/contracts/${contractId}`)).body, { balance: 0, endedAt: '2027-03-16T00:00:00.000Z' })
  await told(t, contractId)
  t.match(await call('PATCH', `/v1/contracts/${contractId}`, { body: { name: 'x' } }), {
    status: 409,
    body: { code: 'contract_ended' },
  })

  const debt = await covered({ startsOn: '2027-03-01', overage: 'allow', allowance: HOUR, carryOverMax: null })
  await log(debt.ticketId, 3 * HOUR)
  now = Date.parse('2027-05-01T00:00:00.000Z')
  t.match(await balanceOf(debt.contractId), { balance: 0, granted: 0 }, 'what was overdrawn is taken from what follows')

  const later = await covered({ startsOn: '2027-06-01' })
  t.match(await balanceOf(later.contractId), { balance: 0, periodStartsOn: null })
  t.equal((await log(later.ticketId, 60)).status, 201)
  now = Date.parse('2027-06-01T08:00:00.000Z')
  await log(later.ticketId, 60)
  t.equal(await told(t, later.contractId), 'grant 36000, drawdown -60')
})

t.test('a job grants what has begun, once, however many look', async (t) => {
  const { contractId, ticketId } = await covered({ startsOn: '2027-06-01' })
  await log(ticketId, HOUR)
  // due by any clock of a database
  const text = `update contracts set turns_at = '2000-01-01T00:00:00Z' where id = $1`
  await db.query({ text, values: [contractId] })
  const fail = (error: unknown) => t.fail(String(error))
  await Promise.all([1, 2, 3].map(() => contractWork.round(system, fail)))
  t.equal(await told(t, contractId), 'grant 36000, drawdown -3600, expiry -32400, grant 36000')
  t.match(await balanceOf(contractId), { balance: 36_000, periodStartsOn: '2027-06-01', periodEndsOn: '2027-06-30' })
})

t.test('a change holds for the time to come, and an end is one at once', async (t) => {
  const { contractId, ticketId } = await covered({ startsOn: '2027-06-01' })
  const change = (body: object, headers = {}) => call('PATCH', `/v1/contracts/${contractId}`, { body, headers })
  await log(ticketId, HOUR)
  const terms = [{ if: { all: [] }, factorPercent: 200 }]
  t.match(await change({ allowance: 100, terms }, { 'if-match': '"1"' }), { status: 200, body: { version: 2 } })
  t.equal((await change({ allowance: 200 }, { 'if-match': '"1"' })).status, 412)
  await log(ticketId, 60)
  t.equal(await told(t, contractId), 'grant 36000, drawdown -3600, drawdown -120')
  for (const [body, pointer] of [
    [{ pointsPerHour: 5 }, '/pointsPerHour'],
    [{ overageLimit: 5 }, '/overageLimit'],
    [{ unitsPerTicket: 5 }, '/unitsPerTicket'],
    [{ endsOn: '2027-05-01' }, '/endsOn'],
    [{ endsOn: '2027-02-30' }, '/endsOn'],
    [{ terms: [{ if: { field: 'entry.nothing', op: 'present' } }] }, '/terms/0/if/field'],
    [{ terms: [{ if: { field: 'status', op: 'changed' } }] }, '/terms/0/if/op'],
  ] as const)
    t.match(await change(body), { status: 422, body: { errors: [{ pointer }] } }, pointer)
  const once = await covered({ period: 'once', startsOn: '2027-06-01' })
  for (const body of [{ allowance: 5 }, { carryOverMax: 5 }])
    t.equal((await call('PATCH', `/v1/contracts/${once.contractId}`, { body })).status, 422, JSON.stringify(body))
  const { body } = await call('POST', `/v1/contracts/${contractId}/adjustments`, { body: { amount: 20, note: 'Paid' } })
  t.equal(body.balance, 32_300)
  t.match(await call('POST', `/v1/contracts/${contractId}/end`), { status: 200, body: { balance: 0 } })
  t.equal((await call('POST', `/v1/contracts/${contractId}/end`)).body.code, 'contract_ended')
  t.equal(await told(t, contractId), 'grant 36000, drawdown -3600, drawdown -120, adjustment 20, expiry -32300')
  t.match((await ledgerOf(contractId))[3], { note: 'Paid' })
})

t.test('terms follow a word that another one takes the place of', async (t) => {
  await call('POST', '/v1/categories', { body: { key: 'cable', name: 'Cable' } })
  await call('POST', '/v1/categories', { body: { key: 'wire', name: 'Wire' } })
  const terms = [{ if: { field: 'category', op: 'is', value: 'cable' }, factorPercent: 300 }]
  const { contractId, ticketId } = await covered({ startsOn: '2027-06-01', terms })
  t.match(await call('DELETE', '/v1/categories/cable'), { status: 409, body: { code: 'in_use' } })
  t.equal((await call('DELETE', '/v1/categories/cable?replaceWith=wire')).status, 204)
  await call('PATCH', `/v1/tickets/${ticketId}`, { body: { category: 'wire' } })
  await log(ticketId, 60)
  t.equal(await told(t, contractId), 'grant 36000, drawdown -180')
})

t.test('a ticket draws once, with its first billable entry', async (t) => {
  const { contractId, ticketId } = await covered({
    startsOn: '2027-06-01',
    unit: 'points',
    drawdown: 'ticket',
    unitsPerTicket: 100,
    allowance: 250,
    terms: [{ if: { field: 'priority', op: 'is', value: 'high' }, factorPercent: 150 }],
  })
  const first = (await log(ticketId, 60)).body
  const second = (await log(ticketId, 60)).body
  const remove = ({ id }: Json) => call('DELETE', `/v1/time-entries/${id}`, { key: ann.key })
  await remove(first)
  t.equal(await told(t, contractId), 'grant 250, drawdown -100')
  await remove(second)
  t.equal(await told(t, contractId), 'grant 250, drawdown -100, reversal 100')
  await call('PATCH', `/v1/tickets/${ticketId}`, { body: { priority: 'high' } })
  await log(ticketId, 60)
  t.match((await ledgerOf(contractId)).at(-1), { amount: -150, timeEntryId: null, ticketId })
  const { requesterId } = (await call('GET', `/v1/tickets/${ticketId}`)).body
  const other = await openTicket({ requesterId })
  await log(other.id, 60)
  t.match(await log((await openTicket({ requesterId })).id, 60), { status: 409, body: { remaining: 0, needed: 100 } })
})

t.test('the contract of the requester comes first, then that of their organization, the oldest first', async (t) => {
  const organizationId = (await call('POST', '/v1/organizations', { body: { name: 'Acme' } })).body.id
  const { id: requesterId } = await person('requester')
  await call('PATCH', `/v1/people/${requesterId}`, { body: { organizationId } })
  const add = async (owner: object, startsOn: string) =>
    (await call('POST', '/v1/contracts', { body: { ...MONTHLY, allowance: HOUR, startsOn, ...owner } })).body.id
  const theirs = [await add({ organizationId }, '2027-05-02'), await add({ organizationId }, '2027-05-01')]
  const { id: ticketId } = await openTicket({ requesterId })
  await log(ticketId, 60)
  const own = await add({ requesterId }, '2027-05-20')
  const entry = (await log(ticketId, 120)).body
  const of = async () => Promise.all([...theirs, own].map(async (id) => (await balanceOf(id)).drawn))
  t.same(await of(), [0, 60, 120])
  await change(entry.id, { startedAt: '2027-05-10T08:00:00Z' })
  t.same(await of(), [0, 180, 0], 'on that day only the other one ran')
  t.equal((await call('DELETE', `/v1/organizations/${organizationId}`)).body.code, 'organization_in_use')
})

t.test('work that moves to another contract is covered there, or stays', async (t) => {
  const first = await covered({ startsOn: '2027-05-01', endsOn: '2027-06-20' })
  const points = { unit: 'points', pointsPerHour: 100, allowance: 10, startsOn: '2027-05-20' }
  const second = await covered({ ...points, requesterId: first.requesterId })
  const { id } = (await log(first.ticketId, 600, { startedAt: '2027-05-10T08:00:00Z' })).body
  t.match(
    await change(id, { startedAt: '2027-05-25T08:00:00Z', activity: 'phone' }),
    { status: 200 },
    'the older one covers it',
  )
  await call('POST', `/v1/contracts/${first.contractId}/end`)
  t.match(await change(id, { activity: 'travel' }), {
    status: 409,
    body: { contractId: second.contractId, unit: 'points', remaining: 10, needed: 17 },
  })
  t.match(await change(id, { durationSeconds: 360 }), { status: 200 })
  t.equal(await told(t, second.contractId), 'grant 10, drawdown -10')
  t.match((await ledgerOf(first.contractId)).at(-1), { kind: 'reversal', amount: 600 }, 'after its end, too')
})

t.test('a threshold is told once a period, and rules follow from it', async (t) => {
  await call('POST', '/v1/rules', {
    body: {
      key: 'warn_of_contract',
      name: 'Warn',
      on: ['contract.threshold_reached'],
      if: { all: [] },
      then: [
        { action: 'postNote', body: 'Most of it is used.' },
        { action: 'sendMail', to: 'sales@example.com', subject: 'Contract', body: 'Most of it is used.' },
      ],
    },
  })
  const { contractId, ticketId } = await covered({
    startsOn: '2027-06-01',
    allowance: 1_000,
    thresholds: [80, 50, 100],
  })
  const notes = async () =>
    (await call('GET', `/v1/tickets/${ticketId}/messages`)).body.data.filter(
      ({ visibility }: Json) => visibility === 'internal',
    ).length
  const reached = async () => {
    const { data } = (await call('GET', `/v1/tickets/${ticketId}/timeline?limit=100`)).body
    return data.filter(({ type }: Json) => type === 'contract.threshold_reached').length
  }
  await log(ticketId, 499)
  t.equal(await notes(), 0)
  const { id } = (await log(ticketId, 1)).body
  t.same([await notes(), await reached()], [1, 1], 'at half of it')
  await call('DELETE', `/v1/time-entries/${id}`, { key: ann.key })
  await log(ticketId, 1)
  t.equal(await notes(), 1, 'once')
  await log(ticketId, 500)
  t.same(
    [await notes(), await reached()],
    [2, 3],
    'at 80 and at 100 percent, of which a rule hears once: it acts once in a transaction',
  )
  const { data } = (await call('GET', `/v1/mail/outbound?ticketId=${ticketId}`)).body
  t.equal(data.filter(({ to }: Json) => to === 'sales@example.com').length, 2)
  now = Date.parse('2027-07-01T08:00:00.000Z')
  await log(ticketId, 500)
  t.equal(await notes(), 3, 'and again in the next period')
  const { rows } = await db.query<{ data: object }>({
    text: `select data from events where type = 'contract.threshold_reached' and ticket_id = $1 order by id`,
    values: [ticketId],
  })
  t.same(rows[1], { data: { contractId, percent: 80, balance: 0 } })
  t.equal((await call('GET', '/v1/events?types=contract.threshold_reached,person.erasure_begun')).status, 200)
  await call('DELETE', '/v1/rules/warn_of_contract')
})

t.test('requesters read theirs, without what is for those who work here', async (t) => {
  const organizationId = (await call('POST', '/v1/organizations', { body: { name: 'Shared', sharesTickets: true } }))
    .body.id
  const { id: mine } = await person('requester')
  const { body: ruth } = await call('POST', '/v1/api-keys', { body: { name: 'ruth', personId: mine } })
  await call('PATCH', `/v1/people/${mine}`, { body: { organizationId } })
  const secret = { note: 'CANARY', terms: [{ if: { field: 'tags', op: 'contains', value: 'CANARY' } }] }
  const add = async (owner: object) =>
    (await call('POST', '/v1/contracts', { body: { ...MONTHLY, allowance: HOUR, ...secret, ...owner } })).body.id
  const [own, shared, strange] = [
    await add({ requesterId: mine }),
    await add({ organizationId }),
    await add({ requesterId: (await person('requester')).id }),
  ]
  await call('POST', `/v1/contracts/${own}/adjustments`, { body: { amount: 5, note: 'CANARY' } })
  const { id: ticketId } = await openTicket({ requesterId: mine })
  await log(ticketId, 60, { note: 'CANARY' })
  await call('PATCH', `/v1/tickets/${ticketId}`, { body: { requesterId: (await person('requester')).id } })
  const get = (path: string, key = ruth.key) => call('GET', path, { key })
  t.same(
    (await get('/v1/contracts')).body.data.map(({ id }: Json) => id),
    [shared, own],
  )
  t.match((await get(`/v1/contracts/${own}`)).body, { balance: 3_545, note: null, terms: null })
  t.equal((await get(`/v1/contracts/${own}/balance`)).body.balance, 3_545)
  const ledger = await get(`/v1/contracts/${own}/ledger`)
  t.match(ledger.body.data[0], { kind: 'drawdown', amount: -60, ticketId: null, timeEntryId: null, explanation: null })
  t.notMatch(ledger.text, /CANARY/)
  t.equal((await get(`/v1/contracts/${own}/ledger?ticketId=${ticketId}`)).status, 400)
  for (const path of ['', '/balance', '/ledger'])
    t.match(await get(`/v1/contracts/${strange}${path}`), { status: 404, body: { code: 'contract_not_found' } })
  const query = `query ($own: ID!, $strange: ID!) { contracts { nodes { id note } } contract(id: $strange) { id }
    contractBalance(contractId: $own) { balance available drawn } contractLedger(contractId: $own) { nodes { kind note } } }`
  const { body } = await graphql(query, { own, strange }, { key: ruth.key })
  t.match(body.data, {
    contracts: { nodes: [{ note: null }, { note: null }] },
    contract: null,
    contractBalance: { balance: 3_545, available: 3_545, drawn: 60 },
    contractLedger: { nodes: [{ kind: 'drawdown' }, { kind: 'adjustment', note: null }, { kind: 'grant' }] },
  })
  t.notMatch(JSON.stringify(body), /CANARY/)
  t.equal((await get(`/v1/contracts/${own}`, ann.key)).body.note, 'CANARY', 'agents read all')
  t.equal(
    (await call('POST', '/v1/contracts', { key: ann.key, body: { ...MONTHLY, allowance: 1, requesterId: mine } }))
      .status,
    403,
  )
})

t.test('GraphQL does the same', async (t) => {
  const { id: requesterId } = await person('requester')
  const run = async (mutation: string, variables: object) => {
    const { body } = await graphql(mutation, variables as Record<string, unknown>)
    return Object.values((body.data ?? body) as Json)[0] as Json
  }
  const about = { ...MONTHLY, requesterId, allowance: HOUR, terms: [{ if: { all: [] }, factorPercent: 200 }] }
  const made = await run(
    'mutation ($input: AddContractInput!) { addContract(input: $input) { id balance terms { if factorPercent } } }',
    {
      input: about,
    },
  )
  t.match(made, { balance: HOUR, terms: [{ if: { all: [] }, factorPercent: 200 }] })
  const contractId = made.id
  const acts: [string, object, object][] = [
    ['changeContract', { overage: 'allow', expectedVersion: 1 }, { version: 2, overage: 'allow' }],
    ['adjustContract', { amount: -HOUR - 5, note: 'x' }, { balance: -5 }],
    ['endContract', {}, { balance: -5, endedAt: String }],
  ]
  for (const [act, input, expected] of acts) {
    const type = `${act.charAt(0).toUpperCase()}${act.slice(1)}Input`
    const mutation = `mutation ($input: ${type}!) { ${act}(input: $input) { version overage balance endedAt } }`
    t.match(await run(mutation, { input: { contractId, ...input } }), expected, act)
  }
  const node = await graphql('query ($id: ID!) { node(id: $id) { ... on Contract { name unit } } }', { id: contractId })
  t.same(node.body.data.node, { name: 'Support', unit: 'hours' })
})

t.test('whoever sees some tickets only is told of no other', async (t) => {
  await call('POST', '/v1/roles', {
    body: { key: 'narrow', name: 'Narrow', kind: 'staff', ticketAccess: 'own', permissions: ['logTime'] },
  })
  const nora = await person('narrow')
  const { contractId, ticketId, requesterId } = await covered({ startsOn: '2027-06-01' })
  const { id: hers } = await openTicket({ requesterId })
  await call('PUT', `/v1/tickets/${hers}/assignment`, { body: { assigneeId: nora.id } })
  await log(ticketId, 60)
  await log(hers, 60)
  const { data } = (await call('GET', `/v1/contracts/${contractId}/ledger`, { key: nora.key })).body
  t.match(data, [
    { ticketId: hers, timeEntryId: /^tim_/, explanation: { units: 60 } },
    { amount: -60, ticketId: null, timeEntryId: null, explanation: null },
    { kind: 'grant' },
  ])
})

t.test('the database lets no row of the ledger be changed or removed', async (t) => {
  const { contractId } = await covered()
  for (const text of [
    'update contract_ledger set amount = amount + 1 where contract_id = $1',
    `update contract_ledger set note = 'x' where contract_id = $1`,
    'delete from contract_ledger where contract_id = $1',
  ])
    await t.rejects(db.query({ text, values: [contractId] }), /only added to/, text)
  await db.query({ text: 'update contract_ledger set note = null where contract_id = $1', values: [contractId] })
})

t.test('contracts follow a person into whom another was merged', async (t) => {
  const { requesterId, contractId, ticketId } = await covered()
  const { id: into } = await person('requester')
  t.equal((await call('POST', `/v1/people/${requesterId}/merge`, { body: { into } })).status, 200)
  t.equal((await call('GET', `/v1/contracts/${contractId}`)).body.requesterId, into)
  await log(ticketId, 60)
  t.equal((await balanceOf(contractId)).drawn, 60)
})

t.test('of two at once that do not both fit one is refused', async (t) => {
  const { contractId, ticketId, requesterId } = await covered({ allowance: 1_000 })
  const tickets = [ticketId, ...(await Promise.all([1, 2, 3].map(async () => (await openTicket({ requesterId })).id)))]
  const answers = await Promise.all([...tickets, ...tickets].map((id) => log(id, 300)))
  t.same(answers.map(({ status }) => status).sort(), [201, 201, 201, 409, 409, 409, 409, 409])
  t.equal((await balanceOf(contractId)).balance, 100)
  await told(t, contractId)
})

t.test('the books of a short random life add up', async (t) => {
  let clock = now
  const desk = await startDesk(t, {}, () => new Date(clock))
  const ask: ClockedDesk['ask'] = (method, path, body, key = desk.key) =>
    desk.call(method, `/v1${path}`, { key, ...(body ? { body } : {}) })
  const clocked: ClockedDesk = {
    ask,
    turn: (contractId) => desk.system.execute(turnContract, { contractId }),
    setClock: async (at) => {
      clock = at
    },
  }
  const seed = randomInt(2 ** 31)
  const { figures, violations } = await torturedContracts([clocked], { runs: 160, seed })
  t.same(violations, [], `seed ${seed}: ${figures}`)
})
