import t from 'tap'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { startDesk } from './support/desk.ts'

const RELAY = '192.0.2.25'
const desk = await startDesk(t, {
  SMTP_RELAY_URL: 'smtp://127.0.0.1:9',
  SMTP_TRUSTED_RELAYS: RELAY,
  SMTP_AUTHSERV_IDS: 'mx.test',
})
const { app, call, graphql, openTicket, person, system } = desk
const agent = await person('agent')
const ruth = await person('requester', 'ruth@example.com')

const begin = (ticketId: string, body: object, key = agent.key) =>
  call('POST', `/v1/tickets/${ticketId}/conversations`, { key, body })
const conversationsOf = async (id: string, key = agent.key) =>
  (await call('GET', `/v1/tickets/${id}/conversations`, { key })).body.data
const say = (id: string, body: object, key = agent.key) => call('POST', `/v1/tickets/${id}/replies`, { key, body })
const mailsTo = async (id: string, to: string) =>
  (await call('GET', `/v1/mail/outbound?ticketId=${id}&to=${to}&limit=100`)).body.data
const claim = async (outboundMailId: string) =>
  system.execute(claimOutboundMail, { outboundMailId, workerId: 'job_test' })
const SUPPLIER = 'parts@supplier.test'

/** A ticket of Ruth's with a conversation with the supplier, and the mail that the supplier got. */
async function withSupplier() {
  const ticket = await openTicket({ requesterId: ruth.id, assigneeId: agent.id })
  const { body: conversation } = await begin(ticket.id, {
    kind: 'customer',
    title: 'Spare parts',
    participants: [{ email: SUPPLIER, name: 'Sue Supplier' }],
  })
  const said = await say(ticket.id, { body: 'SECRET price?', conversationId: conversation.id })
  const [mail] = await mailsTo(ticket.id, SUPPLIER)
  return { ticket, conversation, said, mail, claimed: await claim(mail.id) }
}
const answer = (rcptTo: string, from: string, text: string, headers: Record<string, string> = {}) =>
  desk.receive(
    [
      `From: ${from}`,
      'Subject: Re: parts',
      `Message-ID: <${text.replace(/\W/g, '')}-${rcptTo.length}@${from.split('@')[1]}>`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      text,
      '',
    ].join('\r\n'),
    { rcptTo, peer: RELAY },
  )

t.test('a conversation with others goes by mail to them, and nowhere else', async (t) => {
  const { ticket, conversation, said, mail, claimed } = await withSupplier()
  t.match(conversation, { id: /^cnv_/, kind: 'customer', title: 'Spare parts', createdById: agent.id, version: 1 })
  t.match(said, { status: 201, body: { visibility: 'participants', conversationId: conversation.id } })
  t.match(mail, { to: SUPPLIER, kind: 'reply', ticketMessageId: said.body.id })
  t.equal((await mailsTo(ticket.id, SUPPLIER)).length, 1)
  const toRuth = (await mailsTo(ticket.id, 'ruth@example.com')).map(({ kind }: { kind: string }) => kind)
  t.same(toRuth, ['acknowledgement'], 'her ticket was acknowledged, and that is all')
  t.same(claimed?.references, [], 'the mails between us and the requester are not named to others')
  t.match(claimed?.bodyText, /SECRET price/)

  const [customer, internal, side] = await conversationsOf(ticket.id)
  t.match([customer.kind, internal.kind, side.title], ['customer', 'internal', 'Spare parts'])
  t.same(customer.participantIds, [ruth.id])
  t.equal(side.participantIds.length, 1)
  const row = (await call('GET', `/v1/tickets/${ticket.id}`)).body
  t.equal(row.lastMessagePreview, ticket.lastMessagePreview)
  t.equal(row.firstRepliedAt, null, 'the requester has no answer yet')
})

t.test('an answer comes back to its conversation, by address and by Message-ID', async (t) => {
  const { ticket, conversation, mail, claimed } = await withSupplier()
  const by = claimed?.replyTo ?? ''
  t.match(await answer(by, SUPPLIER, 'Ten euros'), {
    verdict: 'message_added',
    ticketId: ticket.id,
    outcome: { held: false },
  })
  t.match(await answer('support@kontor.localhost', SUPPLIER, 'Or nine', { 'In-Reply-To': `<${mail.messageId}>` }), {
    verdict: 'message_added',
    ticketId: ticket.id,
    outcome: { held: false },
  })
  const messages = (await call('GET', `/v1/tickets/${ticket.id}/messages?conversationId=${conversation.id}&limit=10`))
    .body.data
  t.match(
    messages.map(({ visibleText, visibility }: Record<string, string>) => [visibleText, visibility]),
    [
      ['Or nine', 'participants'],
      ['Ten euros', 'participants'],
      ['SECRET price?', 'participants'],
    ],
  )
  t.same(
    (await call('GET', '/v1/notifications?kind=customer_replied', { key: agent.key })).body.data.filter(
      ({ ticketId }: { ticketId: string }) => ticketId === ticket.id,
    ).length,
    2,
    'the assignee is told',
  )
  await say(ticket.id, { body: 'Nine it is', conversationId: conversation.id })
  const [next] = await mailsTo(ticket.id, SUPPLIER)
  const again = await claim(next.id)
  t.equal(again?.replyTo, by, 'one address for each conversation and person')
  t.equal(again?.references.length, 3, 'threaded with its own mails')
  t.notOk(again?.references.some((id) => id.startsWith('acknowledgement')))
  await say(ticket.id, { body: 'We are on it' })
  const [toRuth] = await mailsTo(ticket.id, 'ruth@example.com')
  const reply = await claim(toRuth.id)
  t.notOk(
    reply?.references.some((id) => again?.references.includes(id)),
    'the requester’s mails name none of those',
  )
  t.match(await answer(by, 'eve@example.net', 'Let me in'), { outcome: { held: true } }, 'a stranger is held')
})

t.test('a held answer is released to those who take part', async (t) => {
  const { ticket, conversation, claimed } = await withSupplier()
  await call('POST', `/v1/conversations/${conversation.id}/participants`, {
    key: agent.key,
    body: { email: 'boss@supplier.test' },
  })
  const { messageId } = await answer(claimed?.replyTo ?? '', 'new@supplier.test', 'I am new here')
  t.match((await call('GET', `/v1/messages/${messageId}`)).body, { held: true, visibility: 'participants' })
  t.equal((await mailsTo(ticket.id, 'boss@supplier.test')).length, 0)
  t.equal((await call('POST', `/v1/messages/${messageId}/release`, { key: agent.key })).status, 200)
  t.equal((await mailsTo(ticket.id, 'boss@supplier.test')).length, 1)
  t.equal(
    (await mailsTo(ticket.id, 'ruth@example.com')).filter(({ kind }: { kind: string }) => kind === 'reply').length,
    0,
  )
})

t.test('the requester learns nothing of it, by any road', async (t) => {
  const { ticket, conversation, said, claimed } = await withSupplier()
  await answer(claimed?.replyTo ?? '', SUPPLIER, 'SECRET answer')
  await app.relay.drain()
  const key = ruth.key
  const paths = ['', '?include=messages', '/messages', '/conversations', '/timeline', '/read-state', '/children'].map(
    (path) => `/v1/tickets/${ticket.id}${path}`,
  )
  for (const path of [...paths, '/v1/tickets?limit=100']) {
    const seen = await call('GET', path, { key })
    t.equal(seen.status, 200, path)
    t.notMatch(seen.text, /SECRET|Spare parts|supplier|participants/i, path)
  }
  t.equal((await call('GET', `/v1/messages/${said.body.id}`, { key })).status, 404)
  t.match((await call('GET', `/v1/tickets/${ticket.id}/read-state`, { key })).body, { unread: 0 })
  const found = await call('POST', '/v1/tickets/search', { key, body: { query: 'SECRET' } })
  t.same(found.body.data, [])
  t.match(await say(ticket.id, { body: 'Me too', conversationId: conversation.id }, key), {
    status: 422,
    body: { errors: [{ pointer: '/conversationId', code: 'not_found' }] },
  })
  for (const [method, path, body] of [
    ['POST', `/v1/tickets/${ticket.id}/conversations`, { kind: 'customer', title: 'x', participants: [] }],
    ['PATCH', `/v1/conversations/${conversation.id}`, { title: 'x' }],
    ['POST', `/v1/conversations/${conversation.id}/participants`, { email: 'ruth@example.com' }],
    ['DELETE', `/v1/conversations/${conversation.id}/participants/${ruth.id}`, undefined],
  ] as const) {
    const { status } = await call(method, path, { key, ...(body ? { body } : {}) })
    t.ok(status === 403 || status === 404, `${method} ${path}: ${status}`)
  }
  const answered = await graphql(
    'query ($id: ID!) { ticket(id: $id) { conversations { title } messages { visibleText } } }',
    { id: ticket.id },
    { key },
  )
  t.notMatch(JSON.stringify(answered.body), /SECRET|Spare/)
})

t.test('an internal conversation is told to those who take part', async (t) => {
  const { id } = await openTicket({ requesterId: ruth.id })
  const other = await person('agent')
  const light = await person('light_agent')
  const { status, body: conversation } = await begin(
    id,
    { kind: 'internal', title: 'Legal', participants: [{ personId: other.id }] },
    light.key,
  )
  t.equal(status, 201, 'light agents too')
  const note = await call('POST', `/v1/tickets/${id}/notes`, {
    key: agent.key,
    body: { body: 'May we?', conversationId: conversation.id },
  })
  t.match(note, { status: 201, body: { visibility: 'internal', conversationId: conversation.id } })
  const [told] = (await call('GET', '/v1/notifications', { key: other.key })).body.data
  t.match(told, { kind: 'note_added', ticketId: id, messageId: note.body.id })
  t.same(
    (await mailsTo(id, other.email)).map(({ kind }: { kind: string }) => kind),
    ['notification'],
  )
  await call('POST', '/v1/roles', { body: { key: 'own_staff', name: 'x', kind: 'staff', ticketAccess: 'own' } })
  const narrowed = await person('agent')
  await call('PATCH', `/v1/people/${narrowed.id}`, { body: { role: 'own_staff' } })
  const aside = (personId: string) => begin(id, { kind: 'internal', title: 'Aside', participants: [{ personId }] })
  const noteIn = async (conversationId: string) =>
    call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'x', conversationId } })
  const { body: theirs } = await aside(narrowed.id)
  await noteIn(theirs.id)
  t.same(await mailsTo(id, narrowed.email), [], 'whose role hides the ticket from them hears nothing')
  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: narrowed.id } })
  const before = (await mailsTo(id, narrowed.email)).length
  await noteIn(theirs.id)
  t.equal((await mailsTo(id, narrowed.email)).length, before + 1, 'until it is theirs')
  t.match(await begin(id, { kind: 'internal', title: 'Open', participants: [{ personId: ruth.id }] }), {
    status: 422,
    body: { errors: [{ pointer: '/participants/0', code: 'outside' }] },
  })
  t.equal((await begin(id, { kind: 'customer', title: 'x', participants: [] }, light.key)).status, 403)
  t.match(await say(id, { body: 'x', conversationId: conversation.id }), { status: 422 }, 'no reply in an internal one')
})

t.test('participants come and go, titles change', async (t) => {
  const { ticket, conversation } = await withSupplier()
  const added = await call('POST', `/v1/conversations/${conversation.id}/participants`, {
    key: agent.key,
    body: { email: 'two@supplier.test' },
  })
  t.match(added, { status: 201, body: { participantIds: [/^per_/, /^per_/] } })
  t.match(
    await call('POST', `/v1/conversations/${conversation.id}/participants`, {
      key: agent.key,
      body: { email: 'two@supplier.test' },
    }),
    { status: 409, body: { code: 'already_participating' } },
  )
  await say(ticket.id, { body: 'Both of you', conversationId: conversation.id })
  t.equal((await mailsTo(ticket.id, 'two@supplier.test')).length, 1)
  const path = `/v1/conversations/${conversation.id}/participants/${added.body.participantIds[1]}`
  t.equal((await call('DELETE', path, { key: agent.key })).status, 204)
  t.match(await call('DELETE', path, { key: agent.key }), { status: 404, body: { code: 'participant_not_found' } })
  await say(ticket.id, { body: 'One of you', conversationId: conversation.id })
  t.equal((await mailsTo(ticket.id, 'two@supplier.test')).length, 1)
  t.match(await call('PATCH', `/v1/conversations/${conversation.id}`, { key: agent.key, body: { title: 'Parts' } }), {
    status: 200,
    body: { title: 'Parts', version: 2 },
  })
  t.match(
    await call('PATCH', `/v1/conversations/${conversation.id}`, {
      key: agent.key,
      body: { title: 'Late' },
      headers: { 'if-match': '"1"' },
    }),
    { status: 412, body: { code: 'version_conflict' } },
  )
  t.match(await call('PATCH', '/v1/conversations/cnv_nobody', { body: { title: 'x' } }), {
    status: 404,
    body: { code: 'conversation_not_found' },
  })
  const foreign = await openTicket()
  t.match(await say(foreign.id, { body: 'x', conversationId: conversation.id }), { status: 422 }, 'of another ticket')
})

t.test('it goes on when its ticket is merged, and comes back when that is undone', async (t) => {
  const { ticket, conversation, claimed } = await withSupplier()
  const target = await openTicket({ requesterId: ruth.id })
  t.equal(
    (await call('POST', `/v1/tickets/${ticket.id}/merge`, { key: agent.key, body: { into: target.id } })).status,
    200,
  )
  const titles = async (id: string) => (await conversationsOf(id)).map(({ title }: { title: string }) => title)
  t.same(await titles(target.id), [null, null, 'Spare parts'])
  t.match(await answer(claimed?.replyTo ?? '', SUPPLIER, 'After the merge'), {
    ticketId: target.id,
    outcome: { held: false },
  })
  t.match(await say(target.id, { body: 'Thanks', conversationId: conversation.id }), {
    status: 201,
    body: { visibility: 'participants' },
  })
  const inside = async (id: string) =>
    (await call('GET', `/v1/tickets/${id}/messages?conversationId=${conversation.id}&limit=10`)).body.data.length
  t.equal(await inside(target.id), 3)
  t.equal((await call('POST', `/v1/tickets/${ticket.id}/merge/undo`, { key: agent.key })).status, 200)
  t.same(await titles(ticket.id), [null, null, 'Spare parts'])
  t.equal(await inside(ticket.id), 1, 'what was said since stays where it was said')
})
