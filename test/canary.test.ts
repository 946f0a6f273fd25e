import t from 'tap'
import { indexTexts } from '../src/domain/search/index-texts.ts'
import { startDesk } from './support/desk.ts'

// R11: of internal notes nothing reaches a requester. Twenty tickets with five notes each, all with files; every word of them is a canary. Each GET
// route of the contract, GraphQL, search for each canary and its beginnings, counts, times, and all mail that goes out are looked through.

/** `CANARY_TICKETS=100` for the full size. */
const TICKETS = Number(process.env.CANARY_TICKETS ?? 20)
const NOTES = 5

const { app, call, db, graphql, openTicket, person, system } = await startDesk(t)

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
type Json = any

await call('POST', '/v1/roles', {
  body: { key: 'full_user', name: 'x', kind: 'client', organizationTickets: true, permissions: ['postReply'] },
})
const [requester, fullUser, agent] = [await person('requester'), await person('full_user'), await person('agent')]
const organizationId = (await call('POST', '/v1/organizations', { body: { name: 'Acme' } })).body.id
for (const { id } of [requester, fullUser]) await call('PATCH', `/v1/people/${id}`, { body: { organizationId } })
await new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted

const canaries: string[] = []
const canary = (kind: string): string => {
  const word = `cnry${kind}x${String(canaries.length).padStart(4, '0')}q`
  canaries.push(word)
  return word
}
const octets = { 'content-type': 'application/octet-stream' }
const ids: Record<string, string[]> = { ticketId: [], messageId: [], attachmentId: [] }
const before: Json[] = []
const after: Json[] = []
const seenBy = async (key: string, id: string) => [
  (await call('GET', `/v1/tickets/${id}?include=messages`, { key })).body,
  (await call('GET', `/v1/tickets/${id}/timeline`, { key })).body.data.length,
  (await call('GET', `/v1/tickets/${id}/read-state`, { key })).body,
  (await call('GET', `/v1/tickets/${id}/messages?includeTotal=true`, { key })).body.total,
]
for (let n = 0; n < TICKETS; n++) {
  const { id } = await openTicket({ requesterId: requester.id, subject: `Harmless ${n}` })
  before.push(await seenBy(requester.key, id))
  for (let m = 0; m < NOTES; m++) {
    const uploaded = await call('POST', `/v1/attachments?filename=${canary('file')}.txt`, {
      body: canary('bytes'),
      headers: octets,
      key: agent.key,
    })
    const note = await call('POST', `/v1/tickets/${id}/notes`, {
      key: agent.key,
      body: { body: `Between us ${canary('note')}`, attachmentIds: [uploaded.body.id] },
    })
    if (note.status !== 201) throw new Error(note.text)
    ids.messageId?.push(note.body.id)
    ids.attachmentId?.push(uploaded.body.id)
  }
  after.push(await seenBy(requester.key, id))
  ids.ticketId?.push(id)
}
while ((await system.execute(indexTexts, {})).more);

const clients = { requester, fullUser }
const leaks = (text: string) => canaries.filter((word) => text.toLowerCase().includes(word))

t.test('a requester cannot tell that there are notes: the same versions, times, counts and timeline', async (t) => {
  t.same(after, before)
})

t.test('no GET route tells of a note', async (t) => {
  const contract = app.http.swagger() as unknown as { paths: Record<string, Record<string, unknown>> } // as printed
  let answers = 0
  for (const [who, { id, key }] of Object.entries(clients))
    for (const [path, methods] of Object.entries(contract.paths)) {
      if (!methods.get) continue
      const [, name = ''] = /\{(\w+)\}/.exec(path) ?? []
      const known = ids[name] ?? [name === 'personId' ? id : name === 'organizationId' ? organizationId : 'ticket']
      for (const value of known) {
        const { status, text } = await call('GET', path.replace(`{${name}}`, value).replace(/\{\w+\}/g, 'x'), { key })
        answers++
        const found = leaks(text)
        if (found.length) t.fail(`${who} ${path}: ${found}`)
        if (name === 'messageId' || name === 'attachmentId') if (status !== 404) t.fail(`${who} ${path}: ${status}`)
      }
    }
  t.ok(answers > 500, `${answers} answers`)
})

t.test('no field of the graph tells of a note', async (t) => {
  const all = `query ($after: String) { tickets(first: 20, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { id version updatedAt lastMessageAt lastMessagePreview lastNoteAt
    messages(last: 20) { id bodyText bodyHtml visibility attachments { filename } } conversations { id kind } } } }`
  for (const [who, { key }] of Object.entries(clients)) {
    let seen = 0
    for (let after: string | null = null, more = true; more; ) {
      const { text, body }: Json = await graphql(all, { after }, { key })
      const { nodes = [], pageInfo = {} } = body.data?.tickets ?? {}
      t.same(leaks(text), [])
      t.ok(nodes.every(({ lastNoteAt }: Json) => lastNoteAt === null))
      seen += nodes.length
      more = pageInfo.hasNextPage === true
      after = pageInfo.endCursor ?? null
    }
    t.equal(seen, TICKETS, who)
    for (const id of [...(ids.messageId ?? []), ...(ids.attachmentId ?? [])]) {
      const node = (await graphql(`{ node(id: "${id}") { id } }`, {}, { key })).body.data?.node
      if (node) t.fail(`${who} ${id}`)
    }
  }
})

t.test('no search finds a note, by no beginning of its words', async (t) => {
  const found = (await call('POST', '/v1/tickets/search', { key: agent.key, body: { query: canaries[2] } })).body.data
  t.equal(found.length, 1, 'agents find it')
  const queries = new Set(canaries.flatMap((word) => [word, word.slice(0, 4), word.slice(0, 8)]))
  for (const { key } of Object.values(clients))
    for (const query of queries) {
      const { body } = await call('POST', '/v1/tickets/search', { key, body: { query, includeTotal: true } })
      if (body.data?.length !== 0 || body.total !== 0) t.fail(query)
    }
  t.pass('nothing is found')
})

t.test('no mail carries a note', async (t) => {
  for (const id of ids.ticketId ?? [])
    await call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { body: 'In public' } })
  const toClients = {
    text: 'select to_jsonb(m)::text as mail from outbound_mails m where "to" <> $1',
    values: [agent.email],
  }
  const { rows } = await db.query<{ mail: string }>(toClients)
  t.ok(rows.length >= TICKETS, `${rows.length} mails`)
  t.same(
    rows.flatMap(({ mail }) => leaks(mail)),
    [],
  )
})
