import t from 'tap'
import { startDesk } from './support/desk.ts'

const { call, db, graphql, person, rows } = await startDesk(t)
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
