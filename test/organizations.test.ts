import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { onPostgres } from './support/database.ts'
import { startDesk } from './support/desk.ts'

const { call, db, graphql, openTicket, person, receive, rows, withoutRules } = await startDesk(t)
await withoutRules()
const agent = await person('agent')
const light = await person('light_agent')
const ruth = await person('requester', 'ruth@elsewhere.test')

/** What happened to it, first to last. */
const told = async (objectId: string) => {
  const text = 'select type from events where object_id = $1 order by id'
  return (await db.query<{ type: string }>({ text, values: [objectId] })).rows.map(({ type }) => type)
}

let made = 0
const organization = async (members: Record<string, unknown> = {}) => {
  const { status, body } = await call('POST', '/v1/organizations', { body: { name: `Firm ${made++}`, ...members } })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body
}

t.test('an organization is added, read, changed and removed, by REST and by GraphQL', async (t) => {
  const added = await call('POST', '/v1/organizations', {
    body: { name: 'Acme', domains: ['ACME.test', 'bücher.test', 'acme.test'], note: 'Pays late' },
  })
  t.match(added, {
    status: 201,
    headers: { etag: '"1"', location: `/v1/organizations/${added.body.id}` },
    body: { id: /^org_/, name: 'Acme', note: 'Pays late', sharesTickets: false, version: 1 },
  })
  t.same(added.body.domains, ['acme.test', 'xn--bcher-kva.test'], 'in their one form, each once')
  t.same((await call('GET', `/v1/organizations/${added.body.id}`)).body, added.body)
  t.same(
    (await graphql(`{ organization(id: "${added.body.id}") { name domains note sharesTickets version } }`)).body.data,
    {
      organization: { name: 'Acme', domains: added.body.domains, note: 'Pays late', sharesTickets: false, version: 1 },
    },
  )
  t.match((await graphql(`{ node(id: "${added.body.id}") { id __typename } }`)).body.data.node, {
    id: added.body.id,
    __typename: 'Organization',
  })

  const changed = await call('PATCH', `/v1/organizations/${added.body.id}`, {
    body: { domains: ['acme.test', 'acme.example'], sharesTickets: true },
  })
  t.match(changed, { status: 200, headers: { etag: '"2"' }, body: { sharesTickets: true, version: 2 } })
  t.same(changed.body.domains, ['acme.test', 'acme.example'])
  const other = await organization({ domains: ['xn--bcher-kva.test'] })
  t.ok(other.id, 'a domain that was taken away is free')
  t.match(await call('PATCH', `/v1/organizations/${added.body.id}`, { body: { sharesTickets: true } }), {
    body: { version: 2 },
  })
  t.match(
    await call('PATCH', `/v1/organizations/${added.body.id}`, {
      headers: { 'if-match': '"1"' },
      body: { domains: [] },
    }),
    { status: 412, body: { code: 'version_conflict', currentVersion: 2, fields: ['domains'] } },
  )

  t.match(await call('DELETE', `/v1/organizations/${added.body.id}`), { status: 204 })
  t.match(await call('GET', `/v1/organizations/${added.body.id}`), {
    status: 404,
    body: { code: 'organization_not_found' },
  })
  const again = await organization({ domains: ['acme.test'] })
  t.ok(again.id, 'its domains are free')
  t.same(await told(added.body.id), ['organization.added', 'organization.changed', 'organization.removed'])
})

t.test('organizations are listed by pages, and found by name and domain', async (t) => {
  for (const n of [1, 2, 3]) await organization({ name: `Paged ${n}`, domains: [`paged-${n}.test`] })
  const names = ({ body }: { body: { data: { name: string }[] } }) => body.data.map(({ name }) => name)
  const first = await call('GET', '/v1/organizations?name[contains]=paged&sort=name&limit=2&includeTotal=true')
  t.same([names(first), first.body.total], [['Paged 1', 'Paged 2'], 3])
  t.same(
    names(await call('GET', `/v1/organizations?name[contains]=paged&sort=name&limit=2&after=${first.body.nextCursor}`)),
    ['Paged 3'],
  )
  t.same(names(await call('GET', '/v1/organizations?domains[contains]=paged-2.test')), ['Paged 2'])
  const { data } = (
    await graphql(`{ organizations(filter: { domains: { contains: "paged-3.test" } }) { nodes { name } } }`)
  ).body
  t.same(data.organizations.nodes, [{ name: 'Paged 3' }])
})

t.test('a domain belongs to one organization', async (t) => {
  await organization({ domains: ['once.test'] })
  const before = await rows()
  const twice = { status: 409, body: { code: 'domain_taken' } }
  t.match(await call('POST', '/v1/organizations', { body: { name: 'Twice', domains: ['ONCE.test'] } }), twice)
  const { id } = await organization({ domains: ['second.test'] })
  t.match(await call('PATCH', `/v1/organizations/${id}`, { body: { domains: ['second.test', 'once.test'] } }), twice)
  t.equal((await rows()).organizations, (before.organizations ?? 0) + 1, 'the refused ones were not written')

  const racing = await Promise.all(
    ['A', 'B', 'C'].map((name) => call('POST', '/v1/organizations', { body: { name, domains: ['raced.test'] } })),
  )
  t.same(racing.map(({ status }) => status).sort(), [201, 409, 409], 'of several at once one gets it')
})

t.test('what is no domain of an address is refused at its place', async (t) => {
  for (const domain of [
    'test',
    '',
    ' ',
    'a b.test',
    '@acme.test',
    '127.0.0.1',
    '-a.test',
    'x..test',
    `${'x'.repeat(64)}.test`,
  ])
    t.match(
      await call('POST', '/v1/organizations', { body: { name: 'Wrong', domains: ['fine.test', domain] } }),
      { status: 422, body: { code: 'invalid_input', errors: [{ pointer: '/domains/1' }] } },
      JSON.stringify(domain),
    )
  t.match(
    await call('POST', '/v1/organizations', {
      body: { name: 'Many', domains: Array.from({ length: 51 }, (_, n) => `many-${n}.test`) },
    }),
    { status: 422 },
  )
})

t.test('agents keep organizations; what decides who sees what is for admins', async (t) => {
  const { id } = await organization({ domains: ['kept.test'] })
  const by = (key: string, body: object) => call('PATCH', `/v1/organizations/${id}`, { key, body })
  t.match(await call('POST', '/v1/organizations', { key: agent.key, body: { name: 'By an agent' } }), { status: 201 })
  t.match(await by(agent.key, { note: 'Called' }), { status: 200, body: { note: 'Called' } })
  t.match(await by(agent.key, { domains: [] }), { status: 403 })
  t.match(await by(agent.key, { sharesTickets: true }), { status: 403 })
  t.match(await call('DELETE', `/v1/organizations/${id}`, { key: agent.key }), { status: 403 })
  t.match(await by(light.key, { note: 'Called' }), { status: 403 })
  t.match(await call('GET', `/v1/organizations/${id}`, { key: light.key }), { status: 200 })

  t.match(await by(ruth.key, { note: 'Mine' }), { status: 404, body: { code: 'organization_not_found' } })
  t.match(await call('DELETE', `/v1/organizations/${id}`, { key: ruth.key }), { status: 404 })
  t.match(await call('GET', '/v1/organizations', { key: ruth.key }), { status: 403 })
  t.match(await call('GET', `/v1/organizations/${id}`, { key: ruth.key }), { status: 403 })
  t.match((await call('GET', `/v1/organizations/${id}`)).body, { domains: ['kept.test'], note: 'Called', version: 2 })
})

const personOf = async (id: string) => (await call('GET', `/v1/people/${id}`)).body
const pause = () => new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted

t.test('a new requester joins the organization of their domain, by every road', async (t) => {
  const { id } = await organization({ domains: ['joined.test', 'bücher-joined.test'] })
  const byHand = await person('requester', 'hand@joined.test')
  t.equal((await personOf(byHand.id)).organizationId, id, 'by hand')

  const opened = await openTicket({ requester: { email: 'opens@Joined.test' } })
  t.equal(opened.organizationId, id, 'the ticket is of the organization')
  t.equal((await personOf(opened.requesterId)).organizationId, id, 'by a ticket')

  const follower = await call('POST', `/v1/tickets/${opened.id}/followers`, { body: { email: 'follows@joined.test' } })
  t.equal((await personOf(follower.body.personId)).organizationId, id, 'as a follower')

  const minted = await call('POST', '/v1/auth/requester-tokens', { body: { email: 'minted@joined.test' } })
  t.equal((await personOf(minted.body.personId)).organizationId, id, 'by a token')

  const { ticketId } = await receive(
    'From: Writes <writes@bücher-joined.test>\nTo: support@kontor.localhost\nSubject: Hello\nMessage-ID: <joined-1@joined.test>\n\nHello\n',
  )
  const mailed = (await call('GET', `/v1/tickets/${ticketId}`)).body
  t.equal(mailed.organizationId, id, 'by mail')
  t.equal((await personOf(mailed.requesterId)).organizationId, id)

  for (const email of ['above@test', 'below@mail.joined.test', 'beside@notjoined.test'])
    t.equal(
      (await call('POST', '/v1/people', { body: { email } })).body.organizationId ?? null,
      null,
      `${email} has another domain`,
    )
  t.equal((await personOf((await person('agent', 'works@joined.test')).id)).organizationId, null, 'only requesters do')
  t.same(
    (await call('GET', `/v1/people?organizationId=${id}&limit=100`)).body.data.length,
    5,
    'its people are found by it',
  )

  await call('PATCH', `/v1/organizations/${id}`, { body: { domains: [] } })
  t.equal((await personOf((await person('requester', 'late@joined.test')).id)).organizationId, null, 'it has left')
})

t.test('agents put people into organizations; their tickets so far stay where they are', async (t) => {
  const { id } = await organization()
  const other = await organization()
  const rob = await person('requester')
  const before = await openTicket({ requesterId: rob.id })
  const put = (body: object, key = agent.key) => call('PATCH', `/v1/people/${rob.id}`, { key, body })
  t.match(await put({ organizationId: id }), { status: 200, body: { organizationId: id, version: 2 } })
  const after = await openTicket({ requesterId: rob.id })
  t.same([before.organizationId, after.organizationId], [null, id])
  t.equal((await call('GET', `/v1/tickets/${before.id}`)).body.organizationId, null)

  t.match(await put({ organizationId: 'org_00000000000000000000000000' }), {
    status: 422,
    body: { errors: [{ pointer: '/organizationId', code: 'not_found' }] },
  })
  t.match(await put({ organizationId: other.id }, light.key), { status: 403 })
  t.match(await put({ organizationId: other.id }, rob.key), { status: 404 }, 'nobody chooses their own')

  t.match(await call('DELETE', `/v1/organizations/${id}`), { status: 409, body: { code: 'organization_in_use' } })
  t.match(await put({ organizationId: null }), { body: { organizationId: null } })
  t.match(await call('DELETE', `/v1/organizations/${id}`), { status: 204 })
  t.match(
    (await graphql(`{ ticket(id: "${after.id}") { organizationId organization { name } } }`)).body.data.ticket,
    { organizationId: id, organization: null },
    'its tickets keep its id',
  )

  await put({ organizationId: other.id })
  const moved = await call('PATCH', `/v1/tickets/${before.id}`, { body: { requesterId: rob.id, priority: 'low' } })
  t.equal(moved.body.organizationId, null, 'the same requester moves nothing')
  const sue = await openTicket({ requester: { email: 'sue@elsewhere.test' } })
  const handed = await call('PATCH', `/v1/tickets/${sue.id}`, { body: { requesterId: rob.id } })
  t.equal(handed.body.organizationId, other.id, 'another requester brings theirs')
  const { rows: changes } = await db.query<{ changes: object }>({
    text: `select changes from events where ticket_id = $1 and type = 'ticket.changed' and changes ? 'requesterId'`,
    values: [sue.id],
  })
  t.match(changes, [{ changes: { organizationId: { from: null, to: other.id } } }])
  t.match(
    (await graphql(`{ ticket(id: "${sue.id}") { organization { id } requester { organization { id } } } }`)).body.data
      .ticket,
    { organization: { id: other.id }, requester: { organization: { id: other.id } } },
  )
})

t.test('who joins while their organization ends, joins nothing or keeps it', async (t) => {
  for (let n = 0; n < 8; n++) {
    const { id } = await organization({ domains: [`ends-${n}.test`] })
    const [opened, removed] = await Promise.all([
      call('POST', '/v1/tickets', {
        body: { subject: 'Race', body: 'Race', requester: { email: `x@ends-${n}.test` } },
      }),
      call('DELETE', `/v1/organizations/${id}`),
    ])
    t.equal(opened.status, 201)
    t.ok([204, 409].includes(removed.status))
    t.equal((await personOf(opened.body.requesterId)).organizationId, removed.status === 204 ? null : id)
  }
})

// the embedded database has one connection: there nothing happens meanwhile
t.test('who joins while their organization ends joins nothing', { skip: !onPostgres }, async (t) => {
  const { id } = await organization({ domains: ['ends.test'] })
  await openTicket({ requester: { email: 'knows@ends.test' } }) // by now every process knows the domain
  let opening: ReturnType<typeof call> | undefined
  await db.transaction(async (tx) => {
    await tx.query({ text: `update people set organization_id = null where organization_id = $1`, values: [id] })
    await tx.query({ text: 'delete from organizations where id = $1', values: [id] })
    await tx.query({ text: 'update versions set vocabulary = vocabulary + 1', values: [] })
    opening = call('POST', '/v1/tickets', {
      headers: { 'idempotency-key': 'ends' }, // so that it takes locks
      body: { subject: 'Race', body: 'Race', requester: { email: 'late@ends.test' } },
    })
    await pause() // it waits for the end of this
    await tx.commit(undefined)
  })
  const opened = await opening
  t.equal(opened?.status, 201, opened?.text ?? 'no answer')
  t.equal((await personOf(opened?.body.requesterId)).organizationId, null)
})

t.test('an organization that shares its tickets shares them with its people, and with nobody else', async (t) => {
  const { id } = await organization({ domains: ['shared.test'], sharesTickets: true })
  const foreign = await organization({ sharesTickets: true })
  const [ann, ben] = [await person('requester', 'ann@shared.test'), await person('requester', 'ben@shared.test')]
  const eve = await person('requester', 'eve@elsewhere.test')
  await call('PATCH', `/v1/people/${eve.id}`, { body: { organizationId: foreign.id } })
  const ticket = await openTicket({ subject: 'A shared zebra' }, ann.key)
  t.equal(ticket.organizationId, id)
  const upload = await call('POST', '/v1/attachments?filename=a.txt', {
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from('hello'),
  })
  const reply = await call('POST', `/v1/tickets/${ticket.id}/replies`, {
    body: { body: 'Off and on?', attachmentIds: [upload.body.id] },
  })
  const note = await call('POST', `/v1/tickets/${ticket.id}/notes`, { body: { body: 'CANARY' } })
  const part = await openTicket({ requesterId: ann.id, parentId: ticket.id })
  await call('POST', '/v1/tickets/search', { body: { query: 'zebra' } })

  const roads: [string, string, (answer: { status: number; text: string }) => boolean][] = [
    ['the ticket', `/v1/tickets/${ticket.id}`, ({ status }) => status === 200],
    ['by number', `/v1/tickets/${ticket.number}?include=messages`, ({ status }) => status === 200],
    ['the list', '/v1/tickets', ({ text }) => text.includes(ticket.id)],
    ['the messages', `/v1/tickets/${ticket.id}/messages`, ({ status }) => status === 200],
    ['a message', `/v1/messages/${reply.body.id}`, ({ status }) => status === 200],
    ['the conversations', `/v1/tickets/${ticket.id}/conversations`, ({ status }) => status === 200],
    ['the parts', `/v1/tickets/${ticket.id}/children`, ({ text }) => text.includes(part.id)],
    ['a file', `/v1/attachments/${upload.body.id}`, ({ status }) => status === 200],
    ['its bytes', `/v1/attachments/${upload.body.id}/content`, ({ text }) => text === 'hello'],
  ]
  const sees = async (key: string) => {
    const seen = await Promise.all(roads.map(async ([, path, isSeen]) => isSeen(await call('GET', path, { key }))))
    const found = await call('POST', '/v1/tickets/search', {
      key,
      body: { condition: { field: 'subject', op: 'contains', value: 'zebra' } },
    })
    const nodes = `{ ticket(id: "${ticket.id}") { messages { id } } node(id: "${reply.body.id}") { id } tickets { nodes { id } } }`
    const graph = await graphql(nodes, {}, { key })
    const all = [
      ...seen,
      found.body.data.length === 1,
      ...[ticket.id, reply.body.id].map((one) => graph.text.includes(one)),
    ]
    return new Set(all).size === 1 ? all[0] : roads.map(([name], n) => [name, all[n]])
  }
  t.equal(await sees(ann.key), true, 'who asked')
  t.equal(await sees(ben.key), true, 'a colleague')
  t.equal(await sees(eve.key), false, 'another organization’s')
  t.equal(await sees(ruth.key), false, 'somebody without one')

  const whole = await call('GET', `/v1/tickets/${ticket.id}?include=messages,requester`, { key: ben.key })
  t.notMatch(whole.text, /CANARY/, 'no note')
  t.match(whole.body, { assigneeId: null, tags: null, lastNoteAt: null })
  t.match(await call('GET', `/v1/messages/${note.body.id}`, { key: ben.key }), { status: 404 })
  t.match(await call('PATCH', `/v1/tickets/${ticket.id}`, { key: ben.key, body: { priority: 'urgent' } }), {
    status: 403,
  })
  t.match(await call('POST', `/v1/tickets/${ticket.id}/notes`, { key: ben.key, body: { body: 'x' } }), { status: 403 })
  t.match(await call('PATCH', `/v1/tickets/${ticket.id}`, { key: eve.key, body: { priority: 'urgent' } }), {
    status: 404,
  })
  t.match(await call('POST', `/v1/tickets/${ticket.id}/replies`, { key: eve.key, body: { body: 'x' } }), {
    status: 404,
  })
  const joined = await call('POST', `/v1/tickets/${ticket.id}/replies`, { key: ben.key, body: { body: 'Here too' } })
  t.match(joined, { status: 201, body: { authorId: ben.id, visibility: 'public' } }, 'a colleague replies')
  t.match((await call('GET', `/v1/tickets/${ticket.id}`)).body, { needsReaction: true, lastActivityBy: ben.id })
  t.match(
    (await call('GET', `/v1/mail/outbound?ticketId=${ticket.id}`)).body.data.map(({ to }: { to: string }) => to),
    ['ann@shared.test'],
  )

  const second = await openTicket({ subject: 'Second' }, ben.key)
  const page = async (cursor = ''): Promise<string[]> => {
    const { body } = await call('GET', `/v1/tickets?limit=1${cursor && `&after=${cursor}`}`, { key: ann.key })
    return [...body.data.map(({ id }: { id: string }) => id), ...(body.nextCursor ? await page(body.nextCursor) : [])]
  }
  t.same(await page(), [second.id, part.id, ticket.id], 'page by page, newest first')
  t.equal((await call('GET', '/v1/tickets?includeTotal=true&limit=1', { key: ann.key })).body.total, 3)

  const list = (await call('GET', '/v1/tickets?limit=1', { key: ben.key })).body.nextCursor
  await call('PATCH', `/v1/organizations/${id}`, { body: { sharesTickets: false } })
  await pause()
  t.equal(await sees(ben.key), false, 'it shares no longer')
  t.same(
    (await call('GET', `/v1/tickets?limit=100`, { key: ben.key })).body.data.map((row: { id: string }) => row.id),
    [second.id],
  )
  const rest = await call('GET', `/v1/tickets?limit=1&after=${list}`, { key: ben.key })
  t.notMatch(rest.text, ticket.id, 'nor by a cursor from before')

  await call('PATCH', `/v1/organizations/${id}`, { body: { sharesTickets: true } })
  await pause()
  t.equal(await sees(ben.key), true)
  await call('PATCH', `/v1/people/${ben.id}`, { body: { organizationId: null } })
  await pause()
  t.equal(await sees(ben.key), false, 'who leaves sees their own')
  t.equal(await sees(ann.key), true)
})

t.test('a domain that nobody has proven shows nothing', async (t) => {
  const { id } = await organization({ domains: ['claimed.test'], sharesTickets: true })
  const victim = await openTicket({ requester: { email: 'boss@claimed.test' } })
  // a key of an admin for somebody whose address is only said to be theirs
  const claimed = (await call('POST', '/v1/people', { body: { email: 'forged@claimed.test' } })).body
  t.equal(claimed.organizationId, id)
  const { key } = (await call('POST', '/v1/api-keys', { body: { name: 'Claims', personId: claimed.id } })).body
  const sees = async () => (await call('GET', `/v1/tickets/${victim.id}`, { key })).status
  t.equal(await sees(), 404)
  await call('POST', '/v1/auth/requester-tokens', { body: { email: 'forged@claimed.test' } })
  await pause()
  t.equal(await sees(), 200, 'whoever mints a token says that the address is theirs')

  const outside = await person('requester', 'outside@elsewhere.test')
  t.match(await call('GET', `/v1/tickets/${victim.id}`, { key: outside.key }), { status: 404 })
  await call('PATCH', `/v1/people/${outside.id}`, { body: { organizationId: id } })
  await pause()
  t.match(await call('GET', `/v1/tickets/${victim.id}`, { key: outside.key }), { status: 200 }, 'put there by hand')

  const works = await person('agent')
  await call('PATCH', `/v1/people/${works.id}`, { body: { organizationId: id, role: 'requester' } })
  await pause()
  t.match(await call('GET', `/v1/tickets/${victim.id}`, { key: works.key }), { status: 200 }, 'a requester by now')
})

t.test('conditions ask for the organization: in rules, and in searches', async (t) => {
  const { id } = await organization({ name: 'Ruled & Co', domains: ['ruled.test'] })
  const OF_RULED = {
    all: [
      { field: 'organization.name', op: 'startsWith', value: 'ruled' },
      { field: 'organization.domains', op: 'contains', value: 'ruled.test' },
      { field: 'organization.id', op: 'is', value: id },
    ],
  }
  const rule = (key: string, on: string, condition: object) =>
    call('POST', '/v1/rules', {
      body: { key, name: key, on: [on], if: condition, then: [{ action: 'changeTicket', addTags: [key] }] },
    })
  t.match(await rule('ruled', 'ticket.opened', OF_RULED), { status: 201 })
  t.match(await rule('moved_there', 'ticket.changed', OF_RULED), { status: 201 })
  t.match(await rule('replied_there', 'ticket.replied', OF_RULED), { status: 201 })
  t.match(await rule('for_nobody', 'ticket.opened', { field: 'organization.name', op: 'absent' }), { status: 201 })

  const tagsOf = async ({ id: ticketId }: { id: string }) =>
    (await call('GET', `/v1/tickets/${ticketId}`)).body.tags.toSorted()
  const fresh = await openTicket({ requester: { email: 'new@ruled.test' } })
  t.same(await tagsOf(fresh), ['ruled'], 'of somebody new')
  const known = await openTicket({ requester: { email: 'new@ruled.test' } })
  t.same(await tagsOf(known), ['ruled'], 'of somebody known')
  const { ticketId } = await receive(
    'From: mails@ruled.test\nTo: support@kontor.localhost\nSubject: Hello\nMessage-ID: <ruled-1@ruled.test>\n\nHello\n',
  )
  t.same(await tagsOf({ id: ticketId }), ['ruled'], 'by mail')
  const none = await openTicket({ requesterId: ruth.id })
  t.same(await tagsOf(none), ['for_nobody'])

  await call('PATCH', `/v1/tickets/${none.id}`, { body: { requesterId: known.requesterId } })
  t.same(await tagsOf(none), ['for_nobody', 'moved_there'], 'another requester brings theirs')
  await call('POST', `/v1/tickets/${none.id}/replies`, { body: { body: 'x' } })
  t.same(await tagsOf(none), ['for_nobody', 'moved_there', 'replied_there'])

  const found = async (condition: object) =>
    (await call('POST', '/v1/tickets/search', { body: { condition, limit: 100 } })).body.data.map(
      (row: { id: string }) => row.id,
    )
  t.same(await found(OF_RULED), [none.id, ticketId, known.id, fresh.id])
  t.notOk((await found({ field: 'organization.id', op: 'absent' })).includes(fresh.id))
  await call('PATCH', `/v1/organizations/${id}`, { body: { name: 'Another name' } })
  t.same(await found(OF_RULED), [], 'by its name as it is now')
  t.same(await tagsOf(await openTicket({ requester: { email: 'new@ruled.test' } })), [])
  t.match(
    await call('POST', '/v1/tickets/search', {
      key: ruth.key,
      body: { condition: { field: 'organization.name', op: 'present' } },
    }),
    { status: 422 },
    'not for requesters',
  )
})

t.test('the requests of the document work', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/people.md'), 'utf8')
  const requests = [
    ...text.matchAll(
      /curl -X (POST|PATCH) "\$KONTOR(\S+)"[^']*'content-type: application\/json'\s[\s\\]*-d '([^']*)'/g,
    ),
  ]
  t.equal(requests.length, 7)
  const { id } = await person('requester')
  for (const [, method, path = '', body] of requests) {
    const answer = await call(method === 'POST' ? 'POST' : 'PATCH', path.replace('$PERSON', id), { body: body ?? '' })
    t.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
  }
  t.equal((await personOf(id)).email, 'ruth@home.example')
})
