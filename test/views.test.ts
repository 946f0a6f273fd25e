import t from 'tap'
import { activePerson } from '../src/domain/access/store.ts'
import { seesView } from '../src/domain/views/policy.ts'
import { startDesk } from './support/desk.ts'

const { call, db, graphql, openTicket, person, rows, withoutRules } = await startDesk(t)
await withoutRules()
const agent = await person('agent')
const other = await person('agent')
const light = await person('light_agent')
const ruth = await person('requester', 'ruth@example.com')
const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id)
const inView = async (key: string, as?: string, query = '') =>
  idsOf(await call('GET', `/v1/views/${key}/tickets${query}`, as ? { key: as } : {}))
const VIP = { field: 'tags', op: 'contains', value: 'vip' }

t.test('six views are shipped, and everybody who works here sees them', async (t) => {
  const { status, body } = await call('GET', '/v1/views', { key: light.key })
  t.equal(status, 200)
  t.same(
    body.data.map(({ key }: { key: string }) => key),
    [
      'unassigned',
      'waiting_on_customer',
      'waiting_on_agent',
      'mine_by_priority',
      'unresolved_by_team',
      'needs_reaction',
    ],
  )
  t.match(body.data[0], { owner: 'shared', ownerId: null, version: 1, group: null, columns: ['number', 'subject'] })
  t.match(await call('GET', '/v1/views', { key: ruth.key }), { status: 403 })
  t.match(await call('GET', '/v1/views/unassigned/tickets', { key: ruth.key }), { status: 403 })
  t.match(await call('GET', '/v1/views/unassigned/count', { key: ruth.key }), { status: 403 })
})

t.test('a view is answered with its condition, groups or none', async (t) => {
  for (const [n, condition] of [VIP, { all: [VIP] }].entries()) {
    const { body } = await call('POST', '/v1/views', { body: { key: `whole_${n}`, name: 'Whole', condition } })
    t.same(body.condition, condition)
    await call('DELETE', `/v1/views/whole_${n}`)
  }
})

t.test('a ticket is in the shipped views that its state says', async (t) => {
  const team = (await call('POST', '/v1/teams', { body: { name: 'Second line' } })).body.id
  const fresh = await openTicket({ requesterId: ruth.id })
  const urgent = await openTicket({ requesterId: ruth.id, priority: 'urgent' })
  const mine = await openTicket({ requesterId: ruth.id, assigneeId: agent.id, teamId: team })
  const waits = await openTicket({
    requesterId: ruth.id,
    assigneeId: agent.id,
    status: 'waiting_on_customer',
    priority: 'high',
  })
  const asked = await openTicket({ requesterId: ruth.id, assigneeId: other.id, status: 'waiting_on_agent' })
  const done = await openTicket({ requesterId: ruth.id, assigneeId: agent.id, status: 'solved' })
  await call('POST', `/v1/tickets/${mine.id}/replies`, { key: agent.key, body: { body: 'Off and on?' } })

  t.same(await inView('unassigned'), [urgent.id, fresh.id], 'the most urgent first, then the oldest')
  t.same(await inView('waiting_on_customer'), [waits.id])
  t.same(await inView('waiting_on_agent'), [asked.id])
  t.same(await inView('mine_by_priority', agent.key), [waits.id, mine.id])
  t.same(await inView('mine_by_priority', other.key), [asked.id])
  t.same(
    await inView('unresolved_by_team'),
    [urgent.id, waits.id, asked.id, fresh.id, mine.id],
    'by team, nobody’s first',
  )
  t.notOk((await inView('needs_reaction')).includes(mine.id), 'an agent answered it')
  t.notOk((await inView('needs_reaction')).includes(done.id), 'it is solved')

  t.same((await call('GET', '/v1/views/unresolved_by_team/count')).body, {
    total: 5,
    totalIsCapped: false,
    groups: [
      { value: null, total: 4 },
      { value: team, total: 1 },
    ],
  })
  t.same((await call('GET', '/v1/views/mine_by_priority/count', { key: agent.key })).body.groups, [
    { value: 'high', total: 1 },
    { value: 'normal', total: 1 },
  ])
  t.same((await call('GET', '/v1/views/unassigned/count')).body, { total: 2, totalIsCapped: false, groups: [] })

  t.same(await inView('unresolved_by_team', undefined, '?priority=high'), [waits.id], 'a view takes filters')
  t.same(await inView('unassigned', undefined, '?sort=-priority'), [urgent.id, fresh.id])
  const first = (await call('GET', '/v1/views/unresolved_by_team/tickets?limit=2&include=requester')).body
  t.match(first, { data: [{ id: urgent.id, requester: { email: 'ruth@example.com' } }, {}] })
  const second = (await call('GET', `/v1/views/unresolved_by_team/tickets?limit=2&after=${first.nextCursor}`)).body
  t.same(
    second.data.map(({ id }: { id: string }) => id),
    [asked.id, fresh.id],
  )
  t.match(
    await call('GET', `/v1/views/unassigned/tickets?after=${first.nextCursor}`),
    { status: 400 },
    'a cursor is good for its view',
  )

  const { body } = await graphql(`{
    views { key condition }
    view(key: "unassigned") { key name owner }
    none: view(key: "nonsense") { key }
    ticketsInView(key: "waiting_on_agent", first: 5) { totalCount nodes { id assignee { id } } }
    viewCount(key: "unresolved_by_team") { total groups { value total } }
  }`)
  t.match(body.data, {
    view: { key: 'unassigned', owner: 'shared' },
    none: null,
    ticketsInView: { totalCount: 1, nodes: [{ id: asked.id, assignee: { id: other.id } }] },
    viewCount: { total: 5, groups: [{ value: null, total: 4 }, {}] },
  })
})

t.test('a view of one’s own is nobody else’s', async (t) => {
  const made = await call('POST', '/v1/views', {
    key: agent.key,
    body: { key: 'my_vips', name: 'My VIPs', condition: VIP, columns: ['number'] },
  })
  t.match(made, {
    status: 201,
    headers: { location: '/v1/views/my_vips', etag: '"1"' },
    body: { owner: 'person', ownerId: agent.id, sort: '-updatedAt', position: 0 },
  })
  const vip = await openTicket({ requesterId: ruth.id, tags: ['vip'] })
  t.same(await inView('my_vips', agent.key), [vip.id])
  for (const key of [undefined, other.key]) {
    t.match(await call('GET', '/v1/views/my_vips', key ? { key } : {}), {
      status: 404,
      body: { code: 'view_not_found' },
    })
    t.match(await call('GET', '/v1/views/my_vips/tickets', key ? { key } : {}), { status: 404 })
    t.match(await call('GET', '/v1/views/my_vips/count', key ? { key } : {}), { status: 404 })
    t.match(await call('PATCH', '/v1/views/my_vips', { ...(key ? { key } : {}), body: { name: 'x' } }), { status: 404 })
    t.match(await call('DELETE', '/v1/views/my_vips', key ? { key } : {}), { status: 404 })
    t.notOk(
      (await call('GET', '/v1/views', key ? { key } : {})).body.data.some(
        (each: { key: string }) => each.key === 'my_vips',
      ),
    )
  }
  t.match(await call('POST', '/v1/views', { key: other.key, body: { key: 'my_vips', name: 'x', condition: VIP } }), {
    status: 409,
    body: { code: 'view_key_taken' },
  })
  t.match(
    await call('PATCH', '/v1/views/my_vips', { key: agent.key, body: { name: 'VIPs', group: 'status', position: 3 } }),
    { status: 200, body: { name: 'VIPs', group: 'status', version: 2 }, headers: { etag: '"2"' } },
  )
  t.match(
    await call('PATCH', '/v1/views/my_vips', { key: agent.key, body: { name: 'x' }, headers: { 'if-match': '"1"' } }),
    { status: 412 },
  )
  t.match(
    await call('PATCH', '/v1/views/my_vips', { key: agent.key, body: { position: 4 }, headers: { 'if-match': '"2"' } }),
    { status: 200 },
  )
  t.equal((await call('DELETE', '/v1/views/my_vips', { key: agent.key })).status, 204)
  t.equal((await call('GET', '/v1/views/my_vips', { key: agent.key })).status, 404)
})

t.test('a team’s view is for its members, a shared one for admins to change', async (t) => {
  const team = (await call('POST', '/v1/teams', { body: { name: 'Third line', memberIds: [agent.id, light.id] } })).body
    .id
  const body = { key: 'third_line', name: 'Third line', owner: 'team', ownerId: team, condition: { all: [] } }
  t.match(await call('POST', '/v1/views', { key: other.key, body }), { status: 403 })
  t.match(await call('POST', '/v1/views', { key: light.key, body }), { status: 403 })
  t.match(await call('POST', '/v1/views', { key: agent.key, body: { ...body, ownerId: 'tea_x' } }), {
    status: 422,
    body: { errors: [{ pointer: '/ownerId' }] },
  })
  t.match(await call('POST', '/v1/views', { key: agent.key, body: { ...body, ownerId: undefined } }), { status: 422 })
  t.match(await call('POST', '/v1/views', { key: agent.key, body }), { status: 201 })
  t.equal((await call('GET', '/v1/views/third_line', { key: light.key })).status, 200)
  t.equal((await call('GET', '/v1/views/third_line')).status, 200, 'admins see it')
  t.equal((await call('GET', '/v1/views/third_line', { key: other.key })).status, 404)
  t.equal((await call('PATCH', '/v1/views/third_line', { key: light.key, body: { name: 'x' } })).status, 403)
  t.equal((await call('PATCH', '/v1/views/unassigned', { key: agent.key, body: { name: 'x' } })).status, 403)
  t.equal(
    (
      await call('POST', '/v1/views', {
        key: agent.key,
        body: { ...body, key: 'all', owner: 'shared', ownerId: undefined },
      })
    ).status,
    403,
  )
  t.equal((await call('PATCH', '/v1/views/unassigned', { body: { name: 'Nobody’s' } })).body.name, 'Nobody’s')
  t.equal((await call('POST', '/v1/views', { key: ruth.key, body })).status, 403)
  t.equal((await call('DELETE', '/v1/views/unassigned', { key: ruth.key })).status, 404)
})

t.test('a wrong view is refused with a pointer to each fault, and nothing is written', async (t) => {
  const before = await rows()
  const answer = await call('POST', '/v1/views', {
    body: {
      key: 'wrong',
      name: 'Wrong',
      condition: {
        all: [
          { field: 'stauts', op: 'is', value: 'open' },
          { field: 'subject', op: 'matches', value: 'x' },
        ],
      },
      sort: 'nonsense',
      columns: ['number', 'nonsense'],
    },
  })
  t.match(answer, {
    status: 422,
    body: {
      code: 'invalid_input',
      errors: [
        { pointer: '/condition/all/0/field', code: 'unknown_field', didYouMean: 'status' },
        { pointer: '/condition/all/1/op', code: 'not_allowed' },
        { pointer: '/sort' },
        { pointer: '/columns/1' },
      ],
    },
  })
  t.match(await call('POST', '/v1/views', { body: { key: 'wrong', name: 'x', condition: VIP, group: 'subject' } }), {
    status: 422,
  })
  t.match(
    await call('PATCH', '/v1/views/unresolved_by_team', { body: { sort: 'number,status,priority' } }),
    { status: 422, body: { errors: [{ pointer: '/sort' }] } },
    'with a group there is room for two keys',
  )
  t.same(await rows(), before)
})

t.test('what the policy says of one view, the queries say of all', async (t) => {
  const inTeam = (await call('POST', '/v1/teams', { body: { name: 'Members', memberIds: [agent.id, light.id] } })).body
    .id
  const admin = (await call('GET', '/v1/me')).body
  const condition = { all: [] }
  await call('POST', '/v1/views', { body: { key: 'by_admin', name: 'x', condition } })
  await call('POST', '/v1/views', { key: agent.key, body: { key: 'by_agent', name: 'x', condition } })
  await call('POST', '/v1/views', {
    key: agent.key,
    body: { key: 'by_team', name: 'x', condition, owner: 'team', ownerId: inTeam },
  })
  const all = [
    { key: 'unassigned', owner: 'shared' as const, ownerId: null },
    { key: 'by_admin', owner: 'person' as const, ownerId: admin.id },
    { key: 'by_agent', owner: 'person' as const, ownerId: agent.id },
    { key: 'by_team', owner: 'team' as const, ownerId: inTeam },
  ]
  for (const { id, key } of [{ id: admin.id, key: undefined }, agent, other, light, ruth]) {
    const actor = await activePerson(db, id)
    if (!actor) throw new Error('everybody acts')
    const calling = key === undefined ? {} : { key }
    const listed = ((await call('GET', '/v1/views', calling)).body.data ?? []).map((each: { key: string }) => each.key)
    for (const each of all) {
      const sees = seesView(actor, each, [agent.id, light.id].includes(id))
      t.equal((await call('GET', `/v1/views/${each.key}`, calling)).status === 200, sees, `${actor.role} ${each.key}`)
      t.equal(listed.includes(each.key), sees)
    }
  }
})
