import t from 'tap'
import { indexTexts } from '../src/domain/search/index-texts.ts'
import { startDesk } from './support/desk.ts'

// A ticket, and what hangs on it, is there by every road or by none: lists, single reads, GraphQL lists, node(id), nested paths, search, views,
// counts, ledgers, the feed. The same set of ids for each actor.

const { app, call, graphql, openTicket, person, receive, replyAddress, system } = await startDesk(t)

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
type Json = any

for (const role of [
  {
    key: 'team_agent',
    kind: 'staff',
    ticketAccess: 'teams',
    permissions: [
      'takeNextTicket',
      'changeTickets',
      'mergeTicket',
      'linkTickets',
      'setParent',
      'applyMacro',
      'startBulkChange',
      'postNote',
    ],
  },
  { key: 'own_agent', kind: 'staff', ticketAccess: 'own', permissions: ['takeNextTicket'] },
  { key: 'full_user', kind: 'client', organizationTickets: true },
])
  await call('POST', '/v1/roles', { body: { name: 'x', ...role } })
const names = ['agent', 'light_agent', 'team_agent', 'own_agent', 'requester', 'full_user']
const actors = await Promise.all(names.map(async (role) => ({ role, ...(await person(role)) })))
const [, , teamAgent, ownAgent, requester, fullUser] = actors
if (!teamAgent || !ownAgent || !requester || !fullUser) throw new Error('six were added')
const stranger = await person('requester')
const acme = (await call('POST', '/v1/organizations', { body: { name: 'Acme' } })).body.id
for (const { id } of [requester, fullUser]) await call('PATCH', `/v1/people/${id}`, { body: { organizationId: acme } })
const teamId = (await call('POST', '/v1/teams', { body: { name: 'Ours', memberIds: [teamAgent.id] } })).body.id
const otherTeamId = (await call('POST', '/v1/teams', { body: { name: 'Theirs', memberIds: [] } })).body.id
await new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted

const everyTicket: Json[] = []
const hanging: { message: string; note: string; attachment: string; entry: string }[] = []
const upload = async (filename: string) =>
  (
    await call('POST', `/v1/attachments?filename=${filename}`, {
      body: 'bytes',
      headers: { 'content-type': 'application/octet-stream' },
    })
  ).body.id
for (const [requesterId, more, assigneeId] of [
  [stranger.id, {}, undefined],
  [stranger.id, { teamId }, undefined],
  [stranger.id, { teamId: otherTeamId }, undefined],
  [stranger.id, { teamId: otherTeamId }, ownAgent.id],
  [stranger.id, { teamId: otherTeamId }, teamAgent.id],
  [requester.id, {}, undefined],
  [fullUser.id, { teamId }, undefined],
] as const) {
  const ticket = await openTicket({ requesterId, subject: 'Findable needle', body: 'A needle in words', ...more })
  const path = `/v1/tickets/${ticket.id}`
  if (assigneeId) await call('PUT', `${path}/assignment`, { body: { assigneeId } })
  const attachment = await upload(`file-${everyTicket.length}.bin`)
  const note = (await call('POST', `${path}/notes`, { body: { body: 'Inside', attachmentIds: [attachment] } })).body.id
  const message = (await call('POST', `${path}/replies`, { body: { body: 'Outside' } })).body.id
  const entry = (await call('POST', `${path}/time-entries`, { body: { durationSeconds: 60 } })).body.id
  everyTicket.push((await call('GET', path)).body)
  hanging.push({ message, note, attachment, entry })
}
await receive(
  `From: ${stranger.email}\nTo: support@kontor.localhost\nSubject: Re\nMessage-ID: <reach@example.com>\n\nBy mail\n`,
  { rcptTo: await replyAddress(everyTicket[3].id, stranger.email) },
)
await call('POST', '/v1/views', {
  body: { key: 'every', name: 'All', owner: 'shared', condition: { all: [] }, group: 'status' },
})
await app.relay.drain()
while ((await system.execute(indexTexts, {})).more);

/** Which of the seven each sees: by requester, team, assignee and organization. */
const seen: Record<string, number[]> = {
  agent: [0, 1, 2, 3, 4, 5, 6],
  light_agent: [0, 1, 2, 3, 4, 5, 6],
  team_agent: [1, 4, 6],
  own_agent: [3],
  requester: [5],
  full_user: [5, 6],
}
const of = (id: string) => hanging[everyTicket.findIndex((each) => each.id === id)]
const idsOf = (rows: Json[] = []): string[] => rows.map(({ id }) => id).sort()
const isStaff = (role: string) => role.endsWith('agent')

for (const { role, key } of actors)
  t.test(`${role} sees the same tickets by every road`, async (t) => {
    const expected = (seen[role] ?? []).map((n) => everyTicket[n].id).sort()
    const get = async (path: string) => (await call('GET', path, { key })).body
    const each = async (ask: (id: string) => Promise<unknown>) => {
      const found = []
      for (const { id } of everyTicket) if (await ask(id)) found.push(id)
      return found.sort()
    }
    const graph = async (query: string) => (await graphql(query, {}, { key })).body.data
    const status = async (path: string) => (await call('GET', path, { key })).status === 200
    const roads: Record<string, unknown> = {
      list: idsOf((await get('/v1/tickets?limit=100')).data),
      total: (await get('/v1/tickets?includeTotal=true&limit=1')).total,
      get: await each((id) => status(`/v1/tickets/${id}`)),
      withMessages: await each((id) => status(`/v1/tickets/${id}?include=messages`)),
      messages: await each((id) => status(`/v1/tickets/${id}/messages`)),
      timeline: await each((id) => status(`/v1/tickets/${id}/timeline`)),
      readState: await each((id) => status(`/v1/tickets/${id}/read-state`)),
      graphList: idsOf((await graph('{ tickets(first: 100) { nodes { id } } }')).tickets.nodes),
      node: await each(async (id) => (await graph(`{ node(id: "${id}") { id } }`))?.node),
      graphGet: await each(async (id) => (await graph(`{ ticket(id: "${id}") { id } }`))?.ticket),
      nested: await each(
        async (id) => (await graph(`{ ticket(id: "${id}") { messages { ticketId } } }`))?.ticket?.messages.length,
      ),
      search: idsOf(
        (
          await call('POST', '/v1/tickets/search', {
            key,
            body: { condition: { field: 'subject', op: 'contains', value: 'needle' }, limit: 100 },
          })
        ).body.data,
      ),
      publicMessage: await each((id) => status(`/v1/messages/${of(id)?.message}`)),
      words: idsOf(
        (await call('POST', '/v1/tickets/search', { key, body: { query: 'needle', limit: 100 } })).body.data,
      ),
    }
    if (isStaff(role))
      Object.assign(roads, {
        view: idsOf((await get('/v1/views/every/tickets?limit=100')).data),
        viewCount: (await get('/v1/views/every/count')).total,
        grouped: (await get('/v1/views/every/count')).groups.reduce((sum: number, { total }: Json) => sum + total, 0),
        notes: await each((id) => status(`/v1/messages/${of(id)?.note}`)),
        attachments: await each((id) => status(`/v1/attachments/${of(id)?.attachment}/content`)),
        entries: await each((id) => status(`/v1/time-entries/${of(id)?.entry}`)),
        entryList: [
          ...new Set((await get('/v1/time-entries?limit=100')).data.map(({ ticketId }: Json) => ticketId)),
        ].sort(),
        outbound: [
          ...new Set((await get('/v1/mail/outbound?limit=100')).data.map(({ ticketId }: Json) => ticketId)),
        ].sort(),
        time: await each((id) => status(`/v1/tickets/${id}/time`)),
        runs: await each((id) => status(`/v1/tickets/${id}/rule-runs`)),
        links: await each((id) => status(`/v1/tickets/${id}/links`)),
        followers: await each((id) => status(`/v1/tickets/${id}/followers`)),
        feed: [
          ...new Set(
            (await get('/v1/events?limit=100&types=ticket.opened')).data.map(({ ticketId }: Json) => ticketId),
          ),
        ].sort(),
      })
    const counts = ['total', 'viewCount', 'grouped']
    for (const [road, found] of Object.entries(roads))
      t.same(found, counts.includes(road) ? expected.length : expected, road)
    if (!isStaff(role)) return
    const mails = (await get('/v1/mail/inbound?limit=100')).data.map(({ ticketId }: Json) => ticketId)
    t.same(mails, expected.includes(everyTicket[3].id) ? [everyTicket[3].id] : [], 'the journal')
    const types = new Set((await get('/v1/events?limit=100')).data.map(({ ticketId }: Json) => ticketId))
    t.equal(
      types.has(null),
      role === 'agent' || role === 'light_agent',
      'what belongs to no ticket is for those who see all',
    )
  })

t.test('acts that name a second ticket do not tell of one that is not seen', async (t) => {
  const key = teamAgent.key
  const [mine, foreign, absent] = [everyTicket[1].id, everyTicket[2].id, 'tkt_00000000000000000000000000']
  const before = (await call('GET', `/v1/tickets/${foreign}`)).body
  for (const [method, path, body] of [
    ['POST', 'merge', (id: string) => ({ into: id })],
    ['POST', 'links', (id: string) => ({ kind: 'blocks', toId: id })],
    ['PUT', 'parent', (id: string) => ({ parentId: id })],
  ] as const) {
    const ask = async (id: string) => {
      const { status, body: told } = await call(method, `/v1/tickets/${mine}/${path}`, { key, body: body(id) })
      return { status, told: { ...told, requestId: null } }
    }
    t.same(await ask(foreign), await ask(absent), path)
  }
  const macro = { key: 'inside', name: 'x', actions: [{ action: 'postNote', body: 'x' }] }
  await call('POST', '/v1/macros', { body: macro })
  const apply = async (ticketId: string) =>
    (await call('POST', '/v1/macros/inside/apply', { key, body: { ticketId } })).status
  t.same([await apply(foreign), await apply(absent), await apply(mine)], [422, 422, 200])
  const bulk = (ticketIds: string[]) =>
    call('POST', '/v1/tickets/bulk', { key, body: { ticketIds, actions: [{ action: 'postNote', body: 'x' }] } })
  const { results = [], data = results } = (await bulk([mine, foreign, absent])).body
  t.same(
    data.map(({ done, code }: Json) => [done, code]),
    [
      [true, null],
      [false, 'ticket_not_found'],
      [false, 'ticket_not_found'],
    ],
  )
  const actions = [{ action: 'postNote', body: 'x' }]
  const job = await call('POST', '/v1/tickets/bulk-jobs', { key, body: { condition: { all: [] }, actions } })
  t.match(job.body, { progress: { total: 3 } }, 'a search of many finds what is seen')
  t.same((await call('GET', `/v1/tickets/${foreign}`)).body, before, 'nothing has changed')
})

t.test('links and children lead nowhere that is not seen', async (t) => {
  const [mine, foreign] = [everyTicket[1].id, everyTicket[2].id]
  await call('POST', `/v1/tickets/${mine}/links`, { body: { kind: 'relates', toId: foreign } })
  await call('PUT', `/v1/tickets/${foreign}/parent`, { body: { parentId: mine } })
  const size = async (path: string, key?: string) =>
    (await call('GET', `/v1/tickets/${mine}/${path}`, key ? { key } : {})).body.data.length
  t.same([await size('links'), await size('children')], [1, 1])
  t.same([await size('links', teamAgent.key), await size('children', teamAgent.key)], [0, 0])
})

t.test('a queue gives what its taker sees', async (t) => {
  for (const id of [teamId, otherTeamId]) await openTicket({ requesterId: stranger.id, teamId: id })
  const next = (key: string, body: object = {}) => call('POST', '/v1/tickets/next', { key, body })
  t.match(await next(ownAgent.key), { status: 409, body: { code: 'queue_empty' } })
  t.match(await next(teamAgent.key, { teamId: otherTeamId }), { status: 409, body: { code: 'queue_empty' } })
  t.match(await next(teamAgent.key), { status: 200, body: { teamId } })
})

t.test('whoever is told of a ticket that they lose sight of reads of it no more', async (t) => {
  const { id } = await openTicket({ requesterId: stranger.id, teamId })
  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: teamAgent.id } })
  const told = async () =>
    (await call('GET', `/v1/notifications?ticketId=${id}`, { key: teamAgent.key })).body.data.map(
      (each: Json) => each.id,
    )
  const [notification] = await told()
  t.ok(notification)
  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: null, teamId: otherTeamId } })
  t.same(await told(), [])
  t.match(await call('GET', `/v1/notifications/${notification}`, { key: teamAgent.key }), { status: 404 })
})
