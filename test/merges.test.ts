import t from 'tap'
import { indexTexts } from '../src/domain/search/index-texts.ts'
import { startDesk } from './support/desk.ts'
import { mailWriter } from './support/mail-text.ts'

const desk = await startDesk(t)
const { app, call, db, graphql, openTicket, person, receive, system } = desk
await desk.withoutRules()

const agent = await person('agent')
const light = await person('light_agent')
const ann = await person('requester', 'ann@example.com')
const bob = await person('requester', 'bob@example.com')
const mail = mailWriter('merge')

const at = (id: string | number, rest = '') => `/v1/tickets/${id}${rest}`
const get = async (path: string, key = desk.key) => (await call('GET', path, { key })).body
const ofAnn = (members = {}) => openTicket({ requesterId: ann.id, body: 'Canary of Ann', ...members })
const ofBob = (members = {}) => openTicket({ requesterId: bob.id, body: 'Canary of Bob', ...members })
const merge = (id: string, into: string, key = desk.key) => call('POST', at(id, '/merge'), { body: { into }, key })
const undo = (id: string) => call('POST', at(id, '/merge/undo'))
const reply = (id: string, body: string, key = desk.key) => call('POST', at(id, '/replies'), { body: { body }, key })
const note = (id: string, body: string) => call('POST', at(id, '/notes'), { body: { body } })
const bodies = async (id: string, key = desk.key): Promise<string[]> =>
  (await get(at(id, '/messages?limit=100&sort=createdAt'), key)).data.map(
    ({ bodyText }: { bodyText: string }) => bodyText,
  )
const followers = async (id: string): Promise<string[]> =>
  (await get(at(id, '/followers'))).data.map(({ email }: { email: string }) => email).sort()
const mailedTo = async (messageId: string): Promise<string[]> =>
  (
    await db.query<{ to: string }>({
      text: `select "to" from outbound_mails where ticket_message_id = $1 order by 1`,
      values: [messageId],
    })
  ).rows.map(({ to }) => to)
const eventsOf = async (ticketId: string, types: string) => {
  await app.relay.drain()
  const { data } = await get(`/v1/events?types=${types}&limit=100`)
  return data.filter((event: { ticketId: string }) => event.ticketId === ticketId)
}
const ACTIVITY = [
  'lastMessageAt',
  'lastMessagePreview',
  'lastRequesterActivityAt',
  'lastAgentActivityAt',
  'lastActivityBy',
  'firstRepliedAt',
  'needsReaction',
]
const activity = (ticket: Record<string, unknown>) => Object.fromEntries(ACTIVITY.map((name) => [name, ticket[name]]))

t.test(
  'a merge brings messages, notes, followers, parts and links to the target; its undo takes them back',
  async (t) => {
    const [target, source, third] = [
      await ofAnn({ subject: 'Target' }),
      await ofBob({ subject: 'Source' }),
      await ofAnn(),
    ]
    const part = await openTicket({ parentId: source.id })
    await call('POST', at(source.id, '/links'), { body: { kind: 'blocks', toId: third.id } })
    await call('POST', at(source.id, '/followers'), { body: { email: 'carl@example.com' } })
    await reply(source.id, 'To Bob', agent.key)
    await note(source.id, 'About Bob')
    const before = { source: await get(at(source.id)), target: await get(at(target.id)) }

    const merged = await merge(source.number, String(target.number), agent.key)
    t.match(merged, { status: 200, body: { id: source.id, mergedIntoId: target.id, lastMessageAt: null } })
    t.same(await bodies(target.id), ['Canary of Ann', 'Canary of Bob', 'To Bob', 'About Bob'])
    t.same(await bodies(source.id), [])
    const { data } = await get(at(target.id, '/messages?limit=100'))
    t.same(
      data.map(({ visibility }: { visibility: string }) => visibility),
      ['internal', 'public', 'public', 'public'],
    )
    const conversations = (await get(at(target.id, '/conversations'))).data.map(({ id }: { id: string }) => id)
    t.ok(
      data.every(({ conversationId }: { conversationId: string }) => conversations.includes(conversationId)),
      'in the conversations of the target',
    )
    t.match(await get(at(target.id)), { needsReaction: false, lastMessagePreview: 'To Bob', lastNoteAt: String })
    t.same(await followers(target.id), ['bob@example.com', 'carl@example.com'])
    t.same(
      (await get(at(target.id, '/children'))).data.map(({ id }: { id: string }) => id),
      [part.id],
    )
    t.match((await get(at(target.id, '/links'))).data, [{ kind: 'blocks', fromId: target.id, toId: third.id }])
    t.match((await get(at(third.id, '/links'))).data, [{ fromId: target.id }])
    t.notOk((await get('/v1/tickets?limit=100')).data.some(({ id }: { id: string }) => id === source.id))
    t.same(
      (await get('/v1/tickets?merged=true')).data.map(({ id }: { id: string }) => id),
      [source.id],
    )
    for (const id of [source.id, target.id])
      t.match(await eventsOf(id, 'ticket.merged'), [
        { data: { sourceId: source.id, targetId: target.id, messages: 3 } },
      ])

    const later = await reply(target.id, 'After it', agent.key)
    t.same(await mailedTo(later.body.id), ['ann@example.com', 'bob@example.com', 'carl@example.com'])

    const undone = await graphql('mutation ($id: ID!) { undoMerge(input: { ticketId: $id }) { id mergedIntoId } }', {
      id: source.id,
    })
    t.same(undone.body.data.undoMerge, { id: source.id, mergedIntoId: null })
    t.same(await bodies(source.id), ['Canary of Bob', 'To Bob', 'About Bob'])
    t.same(await bodies(target.id), ['Canary of Ann', 'After it'])
    t.same(await followers(target.id), [])
    t.same(await followers(source.id), ['carl@example.com'])
    t.same((await get(at(target.id, '/children'))).data, [])
    t.same((await get(at(target.id, '/links'))).data, [])
    t.match((await get(at(third.id, '/links'))).data, [{ fromId: source.id }])
    const after = { source: await get(at(source.id)), target: await get(at(target.id)) }
    t.same(activity(after.source), activity(before.source))
    t.match(after.target, { lastMessagePreview: 'After it', needsReaction: false })
    t.equal((await eventsOf(source.id, 'ticket.unmerged')).length, 1)
    t.match(await undo(source.id), { status: 409, body: { code: 'ticket_not_merged' } })
  },
)

t.test('what is merged answers as a shell, and nothing is done to it', async (t) => {
  const [target, source] = [await ofAnn(), await ofBob()]
  await merge(source.id, target.id)
  for (const ref of [source.id, source.number])
    t.match(await call('GET', at(ref)), { status: 200, body: { id: source.id, mergedIntoId: target.id } })
  const acts: [Parameters<typeof call>[0], string, object?][] = [
    ['PATCH', '', { subject: 'X' }],
    ['POST', '/replies', { body: 'X' }],
    ['POST', '/notes', { body: 'X' }],
    ['DELETE', ''],
    ['POST', '/merge', { into: target.id }],
    ['POST', '/split', { messageIds: ['msg_x'] }],
    ['POST', '/followers', { email: 'x@example.com' }],
  ]
  for (const [method, rest, body] of acts)
    t.match(
      await call(method, at(source.id, rest), { body }),
      { status: 409, body: { code: 'ticket_merged', mergedIntoId: target.id } },
      rest,
    )
  t.match(await merge(target.id, source.id), { status: 409, body: { code: 'merge_cycle' } })
  t.match(await merge(target.id, target.id), { status: 409, body: { code: 'merge_cycle' } })
  t.match(await merge(target.id, 'tkt_nothing'), { status: 422, body: { errors: [{ pointer: '/into' }] } })
  for (const [key, status] of [
    [light.key, 403],
    [ann.key, 403],
    [bob.key, 404],
  ] as const) {
    t.equal((await merge(target.id, source.id, key)).status, status)
    t.equal((await call('POST', at(target.id, '/merge/undo'), { key })).status, status)
  }
  const other = await ofAnn()
  t.equal((await call('DELETE', at(other.id))).status, 204)
  t.equal((await merge(target.id, other.id)).status, 422)
})

t.test('who asked for what was merged reads nothing of the target on any path', async (t) => {
  const [target, source] = [await ofAnn({ subject: 'Secret plan' }), await ofBob()]
  await note(target.id, 'Canary note')
  const fromAgent = (await reply(target.id, 'Canary reply', agent.key)).body
  const own = (await get(at(source.id, '/messages'))).data[0]
  await merge(source.id, target.id)
  while ((await system.execute(indexTexts, {})).more);
  const paths = [
    at(target.id),
    at(target.number),
    at(target.id, '/messages'),
    at(target.id, '/conversations'),
    at(target.id, '/children'),
    `/v1/messages/${fromAgent.id}`,
    `/v1/messages/${own.id}`,
  ]
  for (const path of paths) t.equal((await call('GET', path, { key: bob.key })).status, 404, path)
  const shell = await call('GET', at(source.id, '?include=messages'), { key: bob.key })
  t.match(shell, { status: 200, body: { mergedIntoId: null, messages: [] } })
  const searched = await call('POST', '/v1/tickets/search', { key: bob.key, body: { query: 'canary' } })
  const graph = await graphql(
    `query ($id: ID!, $to: ID!) { ticket(id: $id) { mergedIntoId messages { bodyText } conversations { id } }
      target: ticket(id: $to) { id } messages(ticketId: $id) { nodes { bodyText } } }`,
    { id: source.id, to: target.id },
    bob,
  )
  t.equal(graph.body.data.target, null)
  const refused = await reply(source.id, 'Hello?', bob.key)
  t.match(refused, { status: 409, body: { code: 'ticket_merged' } })
  for (const answer of [shell, searched, graph, refused]) {
    t.notMatch(answer.text, /note|Secret|reply"/)
    t.notOk(answer.text.includes(target.id), 'its id is not told')
  }
  t.notOk((await get('/v1/tickets?limit=100', bob.key)).data.some(({ id }: { id: string }) => id === source.id))
  t.same(
    await bodies(target.id, ann.key),
    ['Canary of Ann', 'Canary reply', 'Canary of Bob'].sort(byTime(await bodies(target.id))),
  )
  t.same(
    (
      await db.query({
        text: `select 1 from outbound_mails where ticket_message_id = $1 and "to" = $2`,
        values: [fromAgent.id, bob.email],
      })
    ).rows,
    [],
    'nothing of the past is mailed to him',
  )
})

const byTime = (order: string[]) => (a: string, b: string) => order.indexOf(a) - order.indexOf(b)

t.test('files go with their messages, and are read by whoever reads those', async (t) => {
  const [target, source] = [await ofAnn(), await ofBob()]
  const upload = async (name: string, key: string) => {
    const contentBase64 = Buffer.from(name).toString('base64')
    const answer = await graphql(
      'mutation ($input: UploadAttachmentInput!) { uploadAttachment(input: $input) { id } }',
      { input: { filename: `${name}.txt`, contentBase64 } },
      { key },
    )
    return answer.body.data.uploadAttachment.id
  }
  const write = async (id: string, what: 'replies' | 'notes', key: string) => {
    const attachmentIds = [await upload(what, key)]
    t.equal((await call('POST', at(id, `/${what}`), { body: { body: 'With file', attachmentIds }, key })).status, 201)
    return attachmentIds[0]
  }
  const [ofNote, ofReply] = [await write(source.id, 'notes', agent.key), await write(source.id, 'replies', bob.key)]
  const readers = async (id: string) =>
    Promise.all(
      [ann.key, bob.key, agent.key].map(async (key) => (await call('GET', `/v1/attachments/${id}`, { key })).status),
    )
  t.same(await readers(ofReply), [404, 200, 200])
  await merge(source.id, target.id)
  t.same(await readers(ofReply), [200, 404, 200])
  t.same(await readers(ofNote), [404, 404, 200])
  await undo(source.id)
  t.same(await readers(ofReply), [404, 200, 200])
  t.same(await readers(ofNote), [404, 404, 200])
})

t.test('the requester of both is told where it went', async (t) => {
  const [target, source] = [await ofAnn(), await ofAnn()]
  await merge(source.id, target.id)
  t.equal((await get(at(source.id), ann.key)).mergedIntoId, target.id)
  t.same(await followers(target.id), [], 'who asks does not follow')
  const answer = await graphql('query ($id: ID!) { ticket(id: $id) { mergedIntoId } }', { id: source.id }, ann)
  t.equal(answer.body.data.ticket.mergedIntoId, target.id)
})

t.test('mail that names what was merged lands on the target', async (t) => {
  const first = mail({ From: 'bob@example.com', Subject: 'Mine' })
  const [, firstId = ''] = /Message-ID: <(.*)>/.exec(first) ?? []
  const opened = await receive(first)
  const source = await get(at(opened.ticketId))
  const target = await ofAnn()
  const ours = (await reply(source.id, 'From us', agent.key)).body
  const address = await desk.replyAddress(source.id, 'bob@example.com')
  const [sent] = (
    await db.query<{ messageId: string }>({
      text: `select message_id as "messageId" from outbound_mails where ticket_message_id = $1`,
      values: [ours.id],
    })
  ).rows
  await merge(source.id, target.id)

  const cases: [string, string, string?][] = [
    ['reply address', mail({ From: 'bob@example.com', Subject: 'Re: Mine' }), address],
    ['stored Message-ID', mail({ From: 'bob@example.com', Subject: 'Re: Mine', 'In-Reply-To': `<${firstId}>` })],
    ['own Message-ID', mail({ From: 'bob@example.com', Subject: 'Re: Mine', 'In-Reply-To': `<${sent?.messageId}>` })],
    ['subject tag', mail({ From: 'bob@example.com', Subject: `Re: Mine #[${source.number}]` })],
  ]
  for (const [what, raw, rcptTo] of cases) {
    const filed = await receive(raw, rcptTo ? { rcptTo } : {})
    t.match(filed, { verdict: 'message_added', ticketId: target.id, outcome: { held: false } }, what)
  }
  const stranger = await receive(mail({ From: 'eve@example.net', Subject: `Re: #[${source.number}]` }))
  t.equal(stranger.verdict, 'ticket_created', 'a number gives a stranger nothing')
  const held = await receive(mail({ From: 'eve@example.net', 'In-Reply-To': `<${firstId}>` }))
  t.match(held, { verdict: 'message_added', ticketId: target.id, outcome: { held: true } })

  await undo(source.id)
  t.same((await bodies(source.id)).length, 2, 'what was written after the merge stays')
  const back = await receive(mail({ From: 'bob@example.com', Subject: 'Re: Mine' }), { rcptTo: address })
  t.match(back, { verdict: 'message_added', ticketId: source.id })
})

t.test('chains lead to their end, and are undone from the middle', async (t) => {
  const [a, b, c] = [await ofBob({ body: 'A' }), await ofAnn({ body: 'B' }), await openTicket({ body: 'C' })]
  await merge(a.id, b.id)
  await reply(b.id, 'B later', agent.key)
  await merge(b.id, c.id)
  t.same(await bodies(c.id), ['A', 'B', 'C', 'B later'])
  t.equal((await get(at(a.id))).mergedIntoId, c.id)
  t.same(await followers(c.id), ['ann@example.com', 'bob@example.com'])
  await undo(a.id)
  t.same([await bodies(a.id), await bodies(b.id), await bodies(c.id)], [['A'], [], ['B', 'C', 'B later']])
  t.same(await followers(c.id), ['ann@example.com'])
  await merge(a.id, String(b.number))
  t.equal((await get(at(a.id))).mergedIntoId, c.id, 'into what goes on elsewhere is into that')
  await undo(b.id)
  t.same([await bodies(a.id), await bodies(b.id), await bodies(c.id)], [[], ['B', 'B later'], ['A', 'C']])
  await undo(a.id)
  t.same([await bodies(a.id), await bodies(c.id)], [['A'], ['C']])
  await merge(a.id, b.id)
  await merge(b.id, c.id)
  await undo(b.id)
  t.same([await bodies(b.id), await bodies(c.id)], [['A', 'B', 'B later'], ['C']], 'with what came to it')
  t.equal((await get(at(a.id))).mergedIntoId, b.id)
})

t.test('a part and its whole are not merged into a ring, and merges at once neither', async (t) => {
  const whole = await ofAnn()
  const part = await ofAnn({ parentId: whole.id })
  t.match(await merge(whole.id, part.id), { status: 409, body: { code: 'merge_cycle' } })
  t.equal((await merge(part.id, whole.id)).status, 200)
  t.same((await get(at(whole.id, '/children'))).data, [])
  for (let round = 0; round < 3; round++) {
    const ring = await Promise.all([ofAnn(), ofAnn(), ofBob()])
    const merges = await Promise.all(ring.map(({ id }, n) => merge(id, ring[(n + 1) % 3].id)))
    t.same(merges.map(({ status }) => status).sort(), [200, 200, 409])
  }
})

t.test('what became a ring while a ticket was merged is none after the undo', async (t) => {
  const [target, whole] = [await ofAnn(), await ofAnn()]
  const source = await ofBob({ parentId: whole.id })
  const part = await ofBob({ parentId: source.id })
  await merge(source.id, target.id)
  const moved = await call('PUT', at(whole.id, '/parent'), { body: { parentId: part.id } })
  t.equal(moved.status, 200, 'the part is one of the target by now')
  const ring = await call('PUT', at(target.id, '/parent'), { body: { parentId: whole.id } })
  t.match(ring, { status: 422, body: { errors: [{ code: 'cycle' }] } })
  await undo(source.id)
  t.equal((await get(at(source.id))).parentId, null)
  t.equal((await get(at(whole.id))).parentId, part.id)
})

t.test('a reply at the moment of a merge is on one of the two, and none is lost', async (t) => {
  for (let round = 0; round < 5; round++) {
    const [target, source] = [await ofAnn(), await ofBob()]
    const [merged, written] = await Promise.all([merge(source.id, target.id), reply(source.id, 'At once', bob.key)])
    t.equal(merged.status, 200)
    t.ok(written.status === 201 || written.body.code === 'ticket_merged')
    const read = await bodies(target.id)
    t.equal(read.filter((body) => body === 'At once').length, written.status === 201 ? 1 : 0)
    t.same(await bodies(source.id), [])
  }
})

t.test('a split takes messages to a ticket of their author, with files, and leaves a trace', async (t) => {
  const source = await ofAnn({ subject: 'Two things' })
  await call('POST', at(source.id, '/followers'), { body: { personId: bob.id } })
  const address = await desk.replyAddress(source.id, 'bob@example.com')
  const fromBob = mail({ From: 'bob@example.com', Subject: 'Something else' }, 'My own question')
  const [, bobsId = ''] = /Message-ID: <(.*)>/.exec(fromBob) ?? []
  const filed = await receive(fromBob, { rcptTo: address })
  t.equal(filed.ticketId, source.id)
  const toBob = (await reply(source.id, 'To Bob', agent.key)).body
  const aside = (await note(source.id, 'Aside')).body
  const messageIds = [toBob.id, filed.messageId, aside.id]

  const split = await call('POST', at(source.id, '/split'), { body: { messageIds, subject: 'Of Bob' }, key: agent.key })
  t.match(split, {
    status: 201,
    body: { subject: 'Of Bob', requesterId: bob.id, needsReaction: false, firstRepliedAt: String },
  })
  const made = split.body
  t.equal(split.headers.location, `/v1/tickets/${made.id}`)
  t.same(await bodies(source.id), ['Canary of Ann'])
  t.same(
    (await bodies(made.id)).map((body) => body.trim()),
    ['My own question', 'To Bob', 'Aside'],
  )
  t.match(await get(at(source.id)), {
    needsReaction: true,
    lastMessagePreview: 'Canary of Ann',
    lastNoteAt: null,
    firstRepliedAt: null,
  })
  t.same((await bodies(made.id, bob.key)).length, 2, 'the note stays internal')
  const { text } = await call('GET', at(source.id, '/timeline?limit=100'))
  t.notMatch(text, /My own question|To Bob/, 'who sees this ticket need not see the other one')
  t.equal((await call('GET', at(made.id), { key: ann.key })).status, 404)
  t.equal((await call('GET', `/v1/messages/${toBob.id}`, { key: ann.key })).status, 404)
  t.match((await get(at(source.id, '/links'))).data, [{ kind: 'relates', fromId: source.id, toId: made.id }])
  for (const id of [source.id, made.id])
    t.match(await eventsOf(id, 'ticket.split'), [
      { data: { fromId: source.id, toId: made.id, messageIds: [filed.messageId, toBob.id, aside.id] } },
    ])
  const answer = await receive(mail({ From: 'bob@example.com', 'In-Reply-To': `<${bobsId}>` }))
  t.match(answer, { verdict: 'message_added', ticketId: made.id, outcome: { held: false } })
  const search = async (query: string) =>
    (await call('POST', '/v1/tickets/search', { body: { query } })).body.data.map(({ id }: { id: string }) => id)
  while ((await system.execute(indexTexts, {})).more);
  t.same(await search('"my own question"'), [made.id])
})

t.test('what cannot be split', async (t) => {
  const [ticket, other] = [await ofAnn(), await ofBob()]
  const [first] = (await get(at(ticket.id, '/messages'))).data
  const [foreign] = (await get(at(other.id, '/messages'))).data
  const internal = (await note(ticket.id, 'Internal')).body
  const cases: [string[], string][] = [
    [[first.id], 'too_many'],
    [[foreign.id], 'not_found'],
    [[internal.id], 'not_public'],
    [[], 'minItems'],
  ]
  for (const [messageIds] of cases)
    t.match(await call('POST', at(ticket.id, '/split'), { body: { messageIds } }), { status: 422 }, messageIds.join())
  const second = (await reply(ticket.id, 'Second', agent.key)).body
  const body = { messageIds: [second.id] }
  t.equal((await call('POST', at(ticket.id, '/split'), { body, key: ann.key })).status, 403)
  t.equal((await call('POST', at(ticket.id, '/split'), { body, key: bob.key })).status, 404)
  const split = await graphql(
    'mutation ($id: ID!, $of: [ID!]!) { splitTicket(input: { ticketId: $id, messageIds: $of }) { subject requesterId needsReaction } }',
    { id: ticket.id, of: [second.id] },
  )
  t.match(split.body.data.splitTicket, { subject: ticket.subject, requesterId: ann.id, needsReaction: false })
})

t.test('what was split off a merged ticket stays apart when the merge is undone', async (t) => {
  const [target, source] = [await ofAnn(), await ofBob()]
  const more = (await reply(source.id, 'More of Bob', bob.key)).body
  await merge(source.id, target.id)
  const { body: made } = await call('POST', at(target.id, '/split'), { body: { messageIds: [more.id] } })
  t.equal(made.requesterId, bob.id)
  await undo(source.id)
  t.same(
    [await bodies(source.id), await bodies(target.id), await bodies(made.id)],
    [['Canary of Bob'], ['Canary of Ann'], ['More of Bob']],
  )
})
