import t from 'tap'
import { startDesk } from './support/desk.ts'

const { call, graphql, openTicket, person, receive, replyAddress } = await startDesk(t, {
  SMTP_RELAY_URL: 'smtp://127.0.0.1:9',
})
const agent = await person('agent')
const ruth = await person('requester', 'ruth@example.com')

interface Entry {
  id: string
  kind: string
  at: string
  type: string | null
  message: { id: string; visibleText: string } | null
  changes: Record<string, unknown>
}
const timeline = async (id: string, query = '', key?: string): Promise<Entry[]> =>
  (await call('GET', `/v1/tickets/${id}/timeline?limit=100${query}`, key ? { key } : {})).body.data

/** A ticket on which something of each kind happened. */
const { id, number } = await openTicket({ subject: 'Printer', body: 'It burns.', requesterId: ruth.id })
await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: agent.id } })
await call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { body: 'Pull the plug.' } })
await call('POST', `/v1/tickets/${id}/notes`, { key: agent.key, body: { body: 'CANARY of a note' } })
await call('PATCH', `/v1/tickets/${id}`, { key: agent.key, body: { priority: 'high', tags: ['canary'] } })
await call('PATCH', `/v1/tickets/${id}`, { key: agent.key, body: { tags: ['canary', 'two'] } })
const rcptTo = await replyAddress(id, 'ruth@example.com')
const mail = (from: string, text: string) =>
  receive(`From: ${from}\r\nSubject: Re: Printer\r\n\r\n${text}\r\n`, { rcptTo })
await mail('ruth@example.com', 'It still burns.')
await mail('stranger@example.net', 'HELD words')

t.test('an agent reads all that happened, in order, each once', async (t) => {
  const entries = await timeline(id, '&sort=at')
  const texts = entries.flatMap(({ kind, message }) => (message ? [[kind, message.visibleText]] : []))
  t.same(texts, [
    ['message', 'It burns.'],
    ['message', 'Pull the plug.'],
    ['note', 'CANARY of a note'],
    ['message', 'It still burns.'],
    ['message', 'HELD words'],
  ])
  const kinds = new Set(entries.map(({ kind }) => kind))
  t.same([...kinds].sort(), ['assignment', 'change', 'mail', 'message', 'note', 'other', 'rule_run'])
  t.equal(new Set(entries.map((entry) => entry.id)).size, entries.length)
  const times = entries.map(({ at }) => at)
  t.same(times, [...times].sort())
  t.same(await timeline(id), [...entries].reverse(), 'newest first where nothing is said')
  t.same(await timeline(String(number)), [...entries].reverse(), 'by its number too')

  const mails = (await call('GET', `/v1/mail/outbound?ticketId=${id}&limit=100`)).body.data.length
  const runs = (await call('GET', `/v1/tickets/${id}/rule-runs?limit=100`)).body.data.length
  t.equal(entries.filter(({ kind }) => kind === 'mail').length, mails)
  t.equal(entries.filter(({ kind }) => kind === 'rule_run').length, runs)
  t.ok(mails > 2 && runs > 2, `${mails} mails, ${runs} runs`)
})

t.test('pages follow one another without a gap, forwards and back', async (t) => {
  const whole = (await timeline(id)).map((entry) => entry.id)
  for (const query of ['', '&sort=at', '&kind=message,mail']) {
    const all = (await timeline(id, query)).map((entry) => entry.id)
    const seen: string[] = []
    const starts: string[] = []
    let after = ''
    for (let pages = 0; pages < 20; pages++) {
      const { body } = await call('GET', `/v1/tickets/${id}/timeline?limit=3${query}${after}`)
      seen.push(...body.data.map((entry: Entry) => entry.id))
      starts.push(body.prevCursor)
      if (!body.nextCursor) break
      after = `&after=${body.nextCursor}`
    }
    t.same(seen, all)
    const back = await call('GET', `/v1/tickets/${id}/timeline?limit=3${query}&before=${starts[1]}`)
    t.same(
      back.body.data.map((entry: Entry) => entry.id),
      all.slice(0, 3),
    )
  }
  t.ok(whole.length > 12)
  const foreign = (await call('GET', `/v1/tickets/${id}/timeline?limit=3`)).body.nextCursor
  t.equal((await call('GET', `/v1/tickets/${id}/timeline?limit=3&sort=at&after=${foreign}`)).status, 400)
})

t.test('a requester reads public messages and changes, and nothing of notes, rules and colleagues', async (t) => {
  const entries = await timeline(id, '&sort=at', ruth.key)
  const told = entries.map(({ kind, message, changes }) => [kind, message?.visibleText ?? Object.keys(changes).sort()])
  const replies = told.filter(([kind]) => kind === 'message').map(([, text]) => text)
  t.same(replies, ['It burns.', 'Pull the plug.', 'It still burns.'])
  const changes = told.filter(([kind]) => kind === 'change').map(([, names]) => names)
  t.match(changes, [['status'], ['priority'], ['status']], 'nothing of tags, alone or beside others')
  t.equal(entries.length, replies.length + changes.length)
  const text = JSON.stringify(entries)
  t.notMatch(text, /CANARY|canary|HELD|customer_reply_waits|rule_/)
  const paged = await call('GET', `/v1/tickets/${id}/timeline?limit=2`, { key: ruth.key })
  t.equal(paged.body.data.length, 2, 'what is hidden uses up no place')
  t.same(await timeline(id, '&kind=note,mail,rule_run,assignment,other', ruth.key), [])
  const stranger = await person('requester')
  t.equal((await call('GET', `/v1/tickets/${id}/timeline`, { key: stranger.key })).status, 404)
})

t.test('a held message is told to its requester once it is released', async (t) => {
  const [held] = (await timeline(id, '&kind=message')).filter(({ type }) => type === 'message.held')
  t.match(held, { message: { held: true } })
  const messageId = held?.message?.id
  t.equal((await call('POST', `/v1/messages/${messageId}/release`)).status, 200)
  const [latest] = await timeline(id, '&kind=message', ruth.key)
  t.match(latest, { kind: 'message', type: 'ticket.replied', message: { visibleText: 'HELD words' } })
})

t.test('the graph tells the same', async (t) => {
  const query = `query ($id: ID!) { timeline(ticketId: $id, first: 100, filter: { kind: [message, note, mail] }) {
    nodes { id kind at type actor { kind id } message { visibleText } mail { to } ruleRun { ruleKey } cause { command } } pageInfo { hasNextPage } } }`
  const answer = await graphql(query, { id })
  const whole = await timeline(id, '&kind=message,note,mail')
  t.same(
    answer.body.data.timeline.nodes.map((entry: Entry) => [entry.id, entry.kind, entry.message?.visibleText]),
    whole.map((entry) => [entry.id, entry.kind, entry.message?.visibleText]),
  )
  t.match(await call('GET', `/v1/tickets/${id}/timeline?kind=gossip`), {
    status: 400,
    body: { code: 'invalid_parameter' },
  })
  t.match(await call('GET', `/v1/tickets/${id}/timeline?sort=kind`), {
    status: 400,
    body: { code: 'invalid_parameter' },
  })
})

t.test('what was read of a ticket is counted for each person alone', async (t) => {
  const { id } = await openTicket({ requesterId: ruth.id })
  const state = async (key: string) => (await call('GET', `/v1/tickets/${id}/read-state`, { key })).body
  const unread = async (key: string) =>
    (await call('GET', '/v1/tickets?unread=true&limit=100', { key })).body.data.some((row: Entry) => row.id === id)
  t.match(await state(agent.key), { ticketId: id, unread: 1, lastReadMessageId: null, readAt: null })
  t.ok(await unread(agent.key))

  const read = await call('PUT', `/v1/tickets/${id}/read-state`, { key: agent.key, body: {} })
  t.match(read, { status: 200, body: { unread: 0, lastReadMessageId: /^msg_/, readAt: /Z$/ } })
  t.notOk(await unread(agent.key))
  const reply = await call('POST', `/v1/tickets/${id}/replies`, { key: ruth.key, body: { body: 'Hello?' } })
  const note = await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'Hidden' } })
  t.match(await state(agent.key), { unread: 2 })
  t.match(await state(ruth.key), { unread: 0 }, 'neither what she wrote herself nor a note')
  t.ok(await unread(agent.key))

  t.match(await call('PUT', `/v1/tickets/${id}/read-state`, { key: agent.key, body: { messageId: reply.body.id } }), {
    status: 200,
    body: { unread: 1, lastReadMessageId: reply.body.id },
  })
  await call('PUT', `/v1/tickets/${id}/read-state`, { key: agent.key, body: {} })
  t.match(
    await call('PUT', `/v1/tickets/${id}/read-state`, { key: agent.key, body: { messageId: reply.body.id } }),
    { status: 200, body: { unread: 0, lastReadMessageId: note.body.id } },
    'a slow screen takes nothing back',
  )
  t.match(
    await call('PUT', `/v1/tickets/${id}/read-state`, { key: ruth.key, body: { messageId: note.body.id } }),
    { status: 422, body: { code: 'invalid_input', errors: [{ pointer: '/messageId', code: 'not_found' }] } },
    'a note is no message to a requester',
  )
  t.equal((await call('DELETE', `/v1/tickets/${id}/read-state`, { key: agent.key })).status, 204)
  t.match(await state(agent.key), { unread: 3, lastReadMessageId: null })
  const both = await Promise.all(
    [1, 2].map(() => call('PUT', `/v1/tickets/${id}/read-state`, { key: agent.key, body: {} })),
  )
  t.same(
    both.map(({ status }) => status),
    [200, 200],
    'two first marks at once',
  )
  t.equal(
    (await call('GET', '/v1/tickets?unread=true', { key: ruth.key })).status,
    400,
    'the list of requesters has none',
  )

  const beside = await call('GET', `/v1/tickets?include=readState&limit=3`, { key: agent.key })
  t.match(beside.body.data[0], { id, readState: { unread: 0 } })
  const graph = await graphql(
    `mutation ($id: ID!) { markTicketUnread(input: { ticketId: $id }) { unread } markTicketRead(input: { ticketId: $id }) { unread } }`,
    { id },
    { key: agent.key },
  )
  t.same(graph.body.data, { markTicketUnread: { unread: 3 }, markTicketRead: { unread: 0 } })
  const nodes = await graphql(
    '{ tickets(first: 5, filter: { unread: false }) { nodes { id readState { unread } } } }',
    {},
    { key: agent.key },
  )
  t.match(nodes.body.data.tickets.nodes[0], { id, readState: { unread: 0 } })
})
