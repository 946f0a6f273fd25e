import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startDesk } from './support/desk.ts'

let now = Date.parse('2026-11-18T09:00:00.000Z')
const { call, db, graphql, openTicket, person, withoutRules } = await startDesk(t, {}, () => new Date(now++))
await withoutRules()
const ann = await person('agent')
const log = (id: string, body: object = {}) =>
  call('POST', `/v1/tickets/${id}/time-entries`, { key: ann.key, body: { durationSeconds: 3_600, ...body } })
const timer = (id: string, act: string, body?: object) =>
  call('POST', `/v1/tickets/${id}/timer/${act}`, { key: ann.key, ...(body ? { body } : {}) })

t.test('a desk begins with some activities, and admins have their own', async (t) => {
  const keys = (await call('GET', '/v1/activities', { key: ann.key })).body.data.map(({ key }: { key: string }) => key)
  t.same(keys, ['support', 'phone', 'on_site', 'travel', 'meeting'])
  const rate = { amount: 12_000, currency: 'EUR' }
  const added = await call('POST', '/v1/activities', { body: { key: 'audit', name: 'Audit', rate } })
  t.match(added, {
    status: 201,
    body: { key: 'audit', position: 6, billable: true, rate, enabled: true, version: 1 },
    headers: { location: '/v1/activities/audit' },
  })
  t.match(await call('POST', '/v1/activities', { body: { key: 'audit', name: 'Again' } }), {
    status: 409,
    body: { code: 'key_taken' },
  })
  t.match(await call('PATCH', '/v1/activities/audit', { headers: { 'if-match': '"7"' }, body: { name: 'Stale' } }), {
    status: 412,
    body: { code: 'version_conflict' },
  })
  t.match(await call('PATCH', '/v1/activities/audit', { body: { position: 0, name: 'Audits' } }), {
    status: 200,
    body: { name: 'Audits', position: 0, rate, version: 2 },
  })
  const read = await graphql('{ activities { key rate { amount } } activity(key: "none") { key } }')
  t.match(read.body.data, { activities: [{ key: 'audit', rate: { amount: 12_000 } }], activity: null })
  const unpaid = await graphql(
    'mutation { changeActivity(input: { key: "audit", rate: null, expectedVersion: 2 }) { rate { amount } version } }',
  )
  t.same(unpaid.body.data.changeActivity, { rate: null, version: 3 })
  t.equal((await call('DELETE', '/v1/activities/audit')).status, 204)
  t.match(await call('GET', '/v1/activities/audit'), { status: 404, body: { code: 'activity_not_found' } })
  const told = await db.query<{ type: string }>({
    text: `select type from events where type like 'activity.%' order by at, id`,
    values: [],
  })
  t.same(
    told.rows.map(({ type }) => type),
    ['activity.added', 'activity.changed', 'activity.changed', 'activity.removed'],
  )
})

t.test('time is spent on one that there is, and is billed as it says where the entry says nothing', async (t) => {
  const { id } = await openTicket()
  const rate = { amount: 4_000, currency: 'EUR' }
  await call('PATCH', '/v1/activities/travel', { body: { billable: false, rate } })
  t.match(await log(id, { activity: 'travel' }), { status: 201, body: { billable: false, billableSeconds: 0, rate } })
  t.match(await log(id, { activity: 'travel', billable: true, rate: null }), {
    body: { billable: true, billableSeconds: 3_600, rate: null },
  })
  t.match(await log(id), { body: { activity: null, billable: true, rate: null } })
  t.match(await log(id, { activity: 'fone' }), {
    status: 422,
    body: { errors: [{ pointer: '/activity', code: 'not_found', didYouMean: 'phone' }] },
  })
  t.match(await timer(id, 'start', { activity: 'travel' }), { status: 201, body: { billable: false, rate } })
  t.match(await timer(id, 'stop'), { body: { activity: 'travel', billableSeconds: 0 } })
  const { body: entry } = await log(id, { activity: 'phone' })
  await call('PATCH', '/v1/activities/phone', { body: { enabled: false } })
  t.match(await log(id, { activity: 'phone' }), {
    status: 422,
    body: { errors: [{ pointer: '/activity', code: 'disabled' }] },
  })
  t.equal((await timer(id, 'start', { activity: 'phone' })).status, 422)
  const change = (body: object) => call('PATCH', `/v1/time-entries/${entry.id}`, { key: ann.key, body })
  t.equal((await change({ activity: 'phone', note: 'Keeps it' })).status, 200)
  t.equal((await change({ activity: 'fone' })).status, 422)
  t.match(await change({ activity: 'meeting' }), { status: 200, body: { activity: 'meeting' } })
  t.match(await change({ activity: null }), { status: 200, body: { activity: null } })
  t.match(await call('DELETE', '/v1/activities/travel'), { status: 409, body: { code: 'activity_in_use' } })
  t.equal((await call('DELETE', '/v1/activities/phone')).status, 204, 'nothing is spent on it any more')
})

t.test('a way of a workflow may ask for time, logged since the ticket came to its status', async (t) => {
  const saved = await call('PUT', '/v1/types/ticket/workflow', {
    body: {
      statuses: ['open', 'on_hold', 'solved', 'closed'],
      transitions: [
        { to: 'closed' },
        { from: ['open'], to: 'on_hold' },
        { from: ['on_hold'], to: 'open' },
        { from: ['open'], to: 'solved', requires: { time: true } },
      ],
    },
  })
  t.match(saved, {
    status: 200,
    body: { transitions: [{ requires: { time: false } }, {}, {}, { requires: { time: true } }] },
  })
  const { id } = await openTicket()
  const move = (status: string) => call('PATCH', `/v1/tickets/${id}`, { key: ann.key, body: { status } })
  const refused = { status: 409, body: { code: 'transition_not_allowed', missing: [{ kind: 'time' }] } }
  t.match(await move('solved'), refused)
  const offers = await call('GET', `/v1/tickets/${id}/transitions`, { key: ann.key })
  t.match(
    offers.body.data.find(({ status }: { status: string }) => status === 'solved'),
    { allowed: false, missing: [{ kind: 'time', field: null, message: null, roles: null }] },
  )

  const { body: first } = await log(id, { startedAt: '2026-11-17T09:00:00Z' })
  const { body: second } = await log(id)
  await call('DELETE', `/v1/time-entries/${second.id}`, { key: ann.key })
  await move('on_hold')
  await move('open')
  t.match(await move('solved'), refused, 'that was before')
  const { body: third } = await log(id)
  await call('DELETE', `/v1/time-entries/${third.id}`, { key: ann.key })
  t.match(await move('solved'), refused, 'it was taken away')
  await timer(id, 'start', {})
  t.match(await move('solved'), refused, 'it has not ended')
  await timer(id, 'stop')
  t.match(await move('solved'), { status: 200, body: { status: 'solved' } })
  t.equal((await call('DELETE', `/v1/time-entries/${first.id}`, { key: ann.key })).status, 204)
  t.equal((await call('GET', `/v1/tickets/${id}`)).body.version, 4, 'time raises no version')
})

t.test('a desk that is older has its activities, times and ways after the migration', async (t) => {
  const { id } = await openTicket()
  const { body: entry } = await log(id)
  const run = (text: string) => db.query<Record<string, unknown>>({ text, values: [] })
  await run(
    `update workflows set transitions = '[{"to": "closed", "requires": {"fields": [], "message": "none"}}, {"to": "open", "requires": {"fields": [], "message": "public"}}]'`,
  )
  await run('update tickets set last_time_at = null')
  const migration = readFileSync(join(import.meta.dirname, '../migrations/0019_activities.sql'), 'utf8')
  for (const statement of migration.split('--> statement-breakpoint'))
    if (/^(--.*\n)?UPDATE/m.test(statement.trim())) await run(statement)
  t.same((await run('select transitions from workflows')).rows, [
    {
      transitions: [
        { to: 'closed', requires: { fields: [], message: 'none', time: false } },
        { to: 'open', requires: { fields: [], message: 'public', time: false } },
      ],
    },
  ])
  t.same((await run(`select last_time_at as at from tickets where id = '${id}'`)).rows, [{ at: entry.createdAt }])
})
