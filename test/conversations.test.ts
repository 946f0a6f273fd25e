import t from 'tap'
import { mentionsIn } from '../src/domain/conversations/mentions.ts'
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

t.test('who is written to in a note is told, once, if they work here and see the ticket', async (t) => {
  const { id } = await openTicket({ requesterId: ruth.id, assigneeId: agent.id })
  const ada = await person('agent', 'ada.byron@mentions.test')
  const bob = await person('light_agent', 'bob@mentions.test')
  const gone = await person('agent', 'gone@mentions.test')
  await call('PATCH', `/v1/people/${gone.id}`, { body: { disabled: true } })
  const narrowed = await person('agent', 'narrowed@mentions.test')
  await call('POST', '/v1/roles', { body: { key: 'own_tickets', name: 'x', kind: 'staff', ticketAccess: 'own' } })
  await call('PATCH', `/v1/people/${narrowed.id}`, { body: { role: 'own_tickets' } })
  const everybody = [ada, bob, gone, narrowed, ruth, agent]
  const toldOf = async (messageId: string) => {
    const lists = await Promise.all(
      everybody.map(async ({ key, email }) =>
        ((await call('GET', '/v1/notifications?limit=100', { key })).body.data ?? [])
          .filter((one: { messageId: string }) => one.messageId === messageId)
          .map(({ kind }: { kind: string }) => `${email} ${kind}`),
      ),
    )
    return lists.flat().toSorted()
  }
  const noted = async (body: object) =>
    (await call('POST', `/v1/tickets/${id}/notes`, { key: agent.key, body })).body.id as string

  const outside = (await mailsTo(id, ruth.email)).length
  const text = `(@Ada.Byron@Mentions.test), @${bob.id}: look. @gone@mentions.test @narrowed@mentions.test @ruth@example.com @${agent.id}`
  const first = await noted({ body: text })
  t.same(await toldOf(first), ['ada.byron@mentions.test mentioned', 'bob@mentions.test mentioned'])
  const [mail] = (await mailsTo(id, ada.email)).filter(({ kind }: { kind: string }) => kind === 'notification')
  t.match(await claim(mail.id), { subject: /^For you: /, bodyText: /written to you in an internal note[\s\S]*look\./ })
  for (const body of ['mail ada.byron@mentions.test', 'x@ada.byron@mentions.test', '@nobody@mentions.test', `@${id}`])
    t.same(await toldOf(await noted({ body })), [], body)
  t.same(await toldOf(await noted({ body: 'to @ada.byron@mentions.test.', format: 'markdown' })), [
    'ada.byron@mentions.test mentioned',
  ])
  t.equal((await mailsTo(id, ruth.email)).length, outside, 'nothing goes outside')
  t.equal((await say(id, { body: 'Hello @ada.byron@mentions.test' })).status, 201)
  t.equal((await mailsTo(id, ada.email)).length, 2, 'what is public mentions nobody')

  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: narrowed.id } })
  t.ok((await toldOf(await noted({ body: '@narrowed@mentions.test' }))).length, 'until it is theirs')
  const participants = [{ personId: ada.id }, { personId: bob.id }]
  const { body: aside } = await begin(id, { kind: 'internal', title: 'Aside', participants })
  t.same(
    await toldOf(await noted({ body: 'well, @ada.byron@mentions.test', conversationId: aside.id })),
    ['ada.byron@mentions.test mentioned', 'bob@mentions.test note_added'],
    'once for each',
  )
  await call('PATCH', '/v1/me/notification-preferences', { key: ada.key, body: { mentioned: 'none' } })
  t.same(await toldOf(await noted({ body: '@ada.byron@mentions.test' })), [])
  t.equal(mentionsIn(Array.from({ length: 50 }, (_, n) => `@a${n}@x.test`).join(' ')).addresses.length, 20)
})

t.test('a rule writes to somebody in its note, and an agent by mail', async (t) => {
  const eve = await person('agent', 'eve@mentions.test')
  const mentionsOf = async () =>
    (await call('GET', '/v1/notifications?limit=100', { key: eve.key })).body.data.filter(
      ({ kind }: { kind: string }) => kind === 'mentioned',
    ).length
  await call('POST', '/v1/rules', {
    body: {
      key: 'write_to_eve',
      name: 'x',
      on: ['ticket.opened'],
      if: { field: 'subject', op: 'is', value: 'For Eve' },
      then: [{ action: 'postNote', body: 'Have a look, @eve@mentions.test' }],
    },
  })
  const { id } = await openTicket({ requesterId: ruth.id, subject: 'For Eve' })
  t.equal(await mentionsOf(), 1)
  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: agent.id } })
  const rcptTo = await desk.replyAddress(id, agent.email)
  const proof = { 'Authentication-Results': `mx.test; dmarc=pass header.from=${agent.email.split('@')[1]}` }
  await answer(rcptTo, agent.email, '#note\r\n@eve@mentions.test what do you think?', proof)
  t.equal(await mentionsOf(), 2)
  await answer(rcptTo, agent.email, '@eve@mentions.test without proof')
  t.equal(await mentionsOf(), 2)
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
