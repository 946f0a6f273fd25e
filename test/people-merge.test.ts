import t from 'tap'
import { startDesk } from './support/desk.ts'

const { call, db, openTicket, person, receive, graphql } = await startDesk(t)

const merge = (id: string, into: string, key?: string) =>
  call('POST', `/v1/people/${id}/merge`, { body: { into }, ...(key ? { key } : {}) })

t.test('two records of one person become one, and nothing points at the first', async (t) => {
  const agent = await person('agent')
  const [old, ruth] = await Promise.all([person('requester'), person('requester')])
  const mailed = await receive(`From: ${old.email}\nTo: support@kontor.localhost\nSubject: Help\n\nIt burns.`, {
    mailFrom: old.email,
  })
  const opened = await openTicket({}, old.key)
  await call('POST', `/v1/tickets/${opened.id}/replies`, { key: old.key, body: { body: 'And again' } })
  const both = await openTicket({ requesterId: agent.id })
  for (const { id } of [old, ruth]) await call('POST', `/v1/tickets/${both.id}/followers`, { body: { personId: id } })
  const key = (await call('POST', '/v1/api-keys', { body: { name: 'theirs', personId: old.id } })).body.key

  const merged = await merge(old.id, ruth.id, agent.key)
  t.match(merged, { status: 200, body: { id: ruth.id, email: ruth.email, role: 'requester' } })
  t.same(merged.body.emails, [ruth.email, old.email])
  for (const id of [mailed.ticketId, opened.id]) {
    t.match(await call('GET', `/v1/tickets/${id}`), { body: { requesterId: ruth.id } })
    const { data } = (await call('GET', `/v1/tickets/${id}/messages`)).body
    t.same([...new Set(data.map(({ authorId }: { authorId: string }) => authorId))], [ruth.id])
    t.equal((await call('GET', `/v1/tickets/${id}`, { key: ruth.key })).status, 200, 'they see it')
  }
  const followers = (await call('GET', `/v1/tickets/${both.id}/followers`)).body.data
  t.same(
    followers.map(({ personId }: { personId: string }) => personId),
    [ruth.id],
  )
  t.match(await call('GET', `/v1/people/${old.id}`), {
    body: { mergedIntoId: ruth.id, emails: [], disabledAt: String },
  })
  t.same(await referring(old.id), ['api_keys', 'events'], 'but a key that is revoked, and what has happened')
  await new Promise((resolve) => setTimeout(resolve, 1_100)) // a credential is trusted for a second
  for (const gone of [key, old.key]) t.equal((await call('GET', '/v1/me', { key: gone })).status, 401)

  const later = await call('POST', '/v1/tickets', { body: { subject: 'x', body: 'x', requesterId: old.id } })
  t.match(later, { status: 201, body: { requesterId: ruth.id } }, 'the old id names them still')
  const moved = await call('PATCH', `/v1/tickets/${both.id}`, { body: { requesterId: old.id } })
  t.match(moved, { status: 200, body: { requesterId: ruth.id } })
  const answer = await receive(`From: ${old.email}\nTo: support@kontor.localhost\nSubject: More\n\nStill.`, {
    mailFrom: old.email,
  })
  t.match(await call('GET', `/v1/tickets/${answer.ticketId}`), { body: { requesterId: ruth.id } })

  const third = await person('requester')
  t.equal((await merge(ruth.id, third.id)).status, 200)
  t.match(await call('GET', `/v1/people/${old.id}`), { body: { mergedIntoId: third.id } }, 'a chain is one step')
  t.match(await merge(old.id, third.id), { status: 409, body: { code: 'person_inactive' } })
})

/** Tables that name somebody, people aside. */
async function referring(id: string): Promise<string[]> {
  const { rows: tables } = await db.query<{ name: string }>({
    text: `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
      and table_name not in ('people', 'idempotency_keys', 'sessions', 'outbox') order by 1`,
    values: [],
  })
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await db.query({
      text: `select from "${name}" as r where to_jsonb(r)::text like '%' || $1 || '%' limit 1`,
      values: [id],
    })
    if (rows.length) found.push(name)
  }
  return found
}

t.test('a merge raises nobody', async (t) => {
  const [agent, other, admin, ruth, max] = await Promise.all([
    person('agent'),
    person('agent'),
    person('admin'),
    person('requester'),
    person('requester'),
  ])
  t.match(await merge(admin.id, ruth.id), { status: 422, body: { errors: [{ code: 'lesser_role' }] } })
  t.match(await merge(agent.id, ruth.id), { status: 422 })
  t.match(await merge(ruth.id, other.id, agent.key), { status: 403 }, 'agents merge requesters')
  t.match(await merge(ruth.id, max.id, ruth.key), { status: 403 })
  t.match(await merge(max.id, ruth.id, ruth.key), { status: 404 })
  t.match(await merge(ruth.id, ruth.id), { status: 422, body: { errors: [{ pointer: '/into', code: 'same' }] } })
  t.match(await merge(ruth.id, 'per_nobody'), {
    status: 422,
    body: { errors: [{ pointer: '/into', code: 'not_found' }] },
  })
  await db.query({
    text: 'update person_emails set verified_at = now() where person_id = any($1)',
    values: [[ruth.id, max.id]],
  })
  t.match(await merge(ruth.id, admin.id), { status: 200, body: { role: 'admin' } })
  const proven = async (address: string) =>
    (
      await db.query({
        text: 'select from person_emails where address = $1 and verified_at is not null',
        values: [address],
      })
    ).rows.length
  t.equal(await proven(ruth.email), 0, 'the address of a requester opens no admin')
  const spare = await person('requester')
  const done = await graphql(
    'mutation ($a: ID!, $b: ID!) { mergePerson(input: { personId: $a, into: $b }) { id emails } }',
    {
      a: max.id,
      b: spare.id,
    },
  )
  t.match(done.body.data.mergePerson, { id: spare.id, emails: [spare.email, max.email] })
  t.equal(await proven(max.email), 1, 'among equals it stays proven')
  await call('PATCH', `/v1/people/${other.id}`, { body: { disabled: true } })
  t.match(await merge(agent.id, other.id), { status: 409, body: { code: 'person_inactive' } })
})
