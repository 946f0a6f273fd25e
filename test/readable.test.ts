import t from 'tap'
import { startDesk } from './support/desk.ts'

// What hangs on no ticket, too, is there by every road or by none: list and single read by REST, list by GraphQL, node(id). Of all the ids that
// the database has each actor reads the same ones. For tickets, and what hangs on them, see reach.test.ts.

const { call, db, graphql, openTicket, person, receive } = await startDesk(t)

for (const role of [
  { key: 'team_agent', kind: 'staff', ticketAccess: 'teams' },
  { key: 'full_user', kind: 'client', organizationTickets: true },
])
  await call('POST', '/v1/roles', { body: { name: 'x', ...role } })
const names = ['admin', 'agent', 'light_agent', 'team_agent', 'requester', 'full_user']
const actors = await Promise.all(names.map(async (role) => ({ role, ...(await person(role)) })))
const idOf = (role: string) => actors.find((actor) => actor.role === role)?.id ?? ''
const acme = (await call('POST', '/v1/organizations', { body: { name: 'Acme', sharesTickets: true } })).body.id
await call('POST', '/v1/organizations', { body: { name: 'Other' } })
await call('PATCH', `/v1/people/${idOf('full_user')}`, { body: { organizationId: acme } })
await call('POST', '/v1/teams', { body: { name: 'Theirs', memberIds: [] } })
const teamId = (await call('POST', '/v1/teams', { body: { name: 'Ours', memberIds: [idOf('team_agent')] } })).body.id
await call('POST', '/v1/mailboxes', { body: { address: 'sales@kontor.localhost' } })
await new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted
for (const more of [{ teamId }, {}]) {
  const { id } = await openTicket({ requesterId: idOf('requester'), assigneeId: idOf('agent'), ...more })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Hello' } })
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'Hidden' } })
  await call('POST', `/v1/tickets/${id}/time-entries`, { body: { durationSeconds: 60 } })
  const path = `/v1/attachments?filename=a.txt`
  const headers = { 'content-type': 'application/octet-stream' }
  const { id: file } = (await call('POST', path, { body: 'bytes', headers })).body
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'See', attachmentIds: [file] } })
  const actions = [{ action: 'changeTicket', priority: 'low' }]
  await call('POST', '/v1/tickets/bulk-jobs', { body: { ticketIds: [id], actions } })
}
for (const name of ['somebody', 'other']) await receive(`From: ${name}@example.com\r\nSubject: Hello\r\n\r\nHello\r\n`)

const kinds = [
  { table: 'people', path: '/v1/people', field: 'people' },
  { table: 'organizations', path: '/v1/organizations', field: 'organizations' },
  { table: 'teams', path: '/v1/teams', field: 'teams' },
  { table: 'mailboxes', path: '/v1/mailboxes', field: 'mailboxes', isWhole: true },
  { table: 'notifications', path: '/v1/notifications', field: 'notifications' },
  { table: 'inbound_mails', path: '/v1/mail/inbound', field: 'inboundMails' },
  { table: 'outbound_mails', path: '/v1/mail/outbound', field: 'outboundMails' },
  { table: 'time_entries', path: '/v1/time-entries', field: 'timeEntries' },
  { table: 'messages', path: '/v1/messages' },
  { table: 'attachments', path: '/v1/attachments' },
  { table: 'bulk_jobs', path: '/v1/jobs' },
]

async function idsIn(table: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({ text: `select id from ${table} order by id`, values: [] })
  return rows.map(({ id }) => id)
}

for (const { table, path, field, isWhole } of kinds)
  t.test(`${table} are read by every road or by none`, async (t) => {
    const known = await idsIn(table)
    t.ok(known.length > 1, `${known.length} of them`)
    for (const { role, key } of actors) {
      const byGet: string[] = []
      const byNode: string[] = []
      for (const id of known) {
        if ((await call('GET', `${path}/${id}`, { key })).status === 200) byGet.push(id)
        const { body } = await graphql('query ($id: ID!) { node(id: $id) { id } }', { id }, { key })
        if (body.data?.node?.id === id) byNode.push(id)
      }
      t.same(byNode, byGet, `node(id) for ${role}`)
      if (!field) continue
      const list = await call('GET', isWhole ? path : `${path}?limit=100`, { key })
      const { body: graph } = await graphql(
        `{ ${field} ${isWhole ? '{ id }' : '(first: 100) { nodes { id } }'} }`,
        {},
        { key },
      )
      if (list.status === 403) {
        t.equal(graph.errors?.[0]?.extensions?.code, 'forbidden', `no list of them for ${role}, by no road`)
        continue
      }
      const idsOf = (rows: { id: string }[] = []) => rows.map(({ id }) => id).sort()
      t.same(idsOf(list.body.data), byGet, `list for ${role}`)
      t.same(idsOf(isWhole ? graph.data?.[field] : graph.data?.[field].nodes), byGet, `list by GraphQL for ${role}`)
    }
  })
