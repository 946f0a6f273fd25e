import t from 'tap'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { startDesk, type TestDesk } from './support/desk.ts'
import { mailWriter } from './support/mail-text.ts'

// What follows from a mail, and what must not: releases, followers, notices, acknowledgements, bounces, loops.

const RELAY = '192.0.2.25'
// nobody is sent to: the tests take what is queued by hand
const env = { SMTP_RELAY_URL: 'smtp://127.0.0.1:9', SMTP_TRUSTED_RELAYS: RELAY, SMTP_AUTHSERV_IDS: 'mx.desk.test' }
const desk = await startDesk(t, env)
const { call, person, receive, openTicket, system } = desk

const mail = mailWriter('m')
const passed = (domain: string) => ({ 'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${domain}` })
const trusted = (mailFrom: string) => ({ mailFrom, peer: RELAY })

const outbound = async (query: string, on: TestDesk = desk) =>
  (await on.call('GET', `/v1/mail/outbound?limit=100&${query}`)).body.data
const recipients = async (query: string) => (await outbound(query)).map(({ to }: { to: string }) => to)

/** Sends what is queued, as the worker does; answers what was composed. */
async function sendAll(on: TestDesk = desk, response = '250 ok', outcome: 'sent' | 'failed' = 'sent') {
  const composed = []
  for (const { id } of (await outbound('state=queued', on)).toReversed()) {
    const claimed = await on.system.execute(claimOutboundMail, { outboundMailId: id, workerId: 'w' })
    if (!claimed) continue
    composed.push(claimed)
    await on.system.execute(recordMailResult, { outboundMailId: id, outcome, response })
  }
  return composed
}

t.test('a spoofed requester with a Cc and a guessed number gets nothing of the ticket (Zendesk 2024)', async (t) => {
  const { ticketId } = await receive(mail({ From: 'victim@good.test' }, 'CANARY-first'), trusted('victim@good.test'))
  const { number } = (await call('GET', `/v1/tickets/${ticketId}`)).body
  await call('POST', `/v1/tickets/${ticketId}/replies`, { body: { body: 'CANARY-answer' } })
  for (const headers of [{}, { 'Authentication-Results': 'mx.desk.test; dmarc=fail header.from=good.test' }]) {
    const forged = await receive(
      mail({ ...headers, From: 'victim@good.test', Cc: 'attacker@evil.test', Subject: `Re: #[${number}]` }),
      trusted('attacker@evil.test'),
    )
    t.not(forged.ticketId, ticketId)
    t.match(forged.verdict, 'ticket_created')
  }
  await call('POST', `/v1/tickets/${ticketId}/replies`, { body: { body: 'CANARY-later' } })
  const sent = await sendAll()
  t.same(
    sent.filter(({ to }) => to.address === 'attacker@evil.test'),
    [],
  )
  t.notMatch(JSON.stringify(sent.filter(({ to }) => to.address !== 'victim@good.test')), /CANARY/)
})

t.test('a held message is freed by an agent, and its sender is known from then on', async (t) => {
  const ruth = await person('requester')
  const { id } = await openTicket({ requesterId: ruth.id })
  const rcptTo = await desk.replyAddress(id, ruth.email)
  const held = await receive(mail({ From: 'colleague@good.test' }, 'I know more'), { rcptTo })
  t.match(held, { verdict: 'message_added', ticketId: id, outcome: { held: true } })
  const seen = () => call('GET', `/v1/messages/${held.messageId}`, { key: ruth.key })
  t.equal((await seen()).status, 404)
  t.match(await call('POST', `/v1/messages/${held.messageId}/release`, { key: ruth.key }), {
    status: 404,
    body: { code: 'message_not_found' },
  })
  t.match(await call('POST', `/v1/messages/${held.messageId}/release`), { status: 200, body: { held: false } })
  t.match(await call('POST', `/v1/messages/${held.messageId}/release`), {
    status: 409,
    body: { code: 'message_not_held' },
  })
  t.match(await seen(), { status: 200, body: { bodyText: 'I know more' } })
  t.match(await recipients(`ticketId=${id}&kind=reply`), [ruth.email], 'the requester is told now')
  const again = await receive(mail({ From: 'colleague@good.test' }, 'And more'), { rcptTo })
  t.match(again.outcome, { held: false })
  await desk.app.relay.drain()
  const { data } = (await call('GET', '/v1/events?types=message.held,message.released&limit=100')).body
  t.match(
    data.filter(({ ticketId }: { ticketId: string }) => ticketId === id).map(({ type }: { type: string }) => type),
    ['message.held', 'message.released'],
  )
})

t.test('followers receive what is said from now on, and a proven requester may copy them in', async (t) => {
  const first = await receive(
    mail({ ...passed('good.test'), From: 'asker@good.test', Cc: 'boss@good.test, support@kontor.localhost' }),
    trusted('asker@good.test'),
  )
  const { ticketId } = first
  const url = `/v1/tickets/${ticketId}/followers`
  t.match((await call('GET', url)).body.data, [{ email: 'boss@good.test', source: 'mail' }])
  const added = await call('POST', url, { body: { email: 'Extra@Good.test', name: 'Extra' } })
  t.match(added, { status: 201, body: { email: 'extra@good.test', source: 'agent' } })
  t.match(await call('POST', url, { body: { personId: added.body.personId } }), {
    status: 409,
    body: { code: 'already_following' },
  })
  await call('POST', `/v1/tickets/${ticketId}/replies`, { body: { body: 'Answer one' } })
  t.same((await recipients(`ticketId=${ticketId}&kind=reply`)).sort(), [
    'asker@good.test',
    'boss@good.test',
    'extra@good.test',
  ])
  t.equal((await call('DELETE', `${url}/${added.body.personId}`)).status, 204)
  t.equal((await call('DELETE', `${url}/${added.body.personId}`)).status, 404)
  const rcptTo = await desk.replyAddress(ticketId, 'asker@good.test')
  await receive(mail({ From: 'asker@good.test', Cc: 'boss@good.test' }, 'More'), { rcptTo })
  const mails = await outbound(`ticketId=${ticketId}&kind=reply`)
  t.equal(mails.length, 3, 'who has a mail already does not get it twice')
  const sent = (await sendAll()).filter(({ to }) => to.address === 'boss@good.test')
  t.same(
    sent.map(({ bodyText }) => bodyText),
    ['Answer one'],
    'no history goes with it',
  )
  const graph = await desk.graphql(`{ followers(ticketId: "${ticketId}") { email source } }`)
  t.same(graph.body.data.followers, [{ email: 'boss@good.test', source: 'mail' }])
})

t.test('an agent answers by mail with proof, and without it leaves a note and hears of it', async (t) => {
  const ada = await person('agent', 'ada@desk.test')
  const { id } = await openTicket({ requester: { email: 'client@good.test' }, assigneeId: ada.id })
  await sendAll()
  const rcptTo = await desk.replyAddress(id, 'ada@desk.test')
  const quoted = 'It is on its way.\n\nOn Sun, 22 Nov 2026 at 10:00, Support wrote:\n> CANARY-QUOTE\n> internal link'
  const proven = await receive(mail({ ...passed('desk.test'), From: 'ada@desk.test' }, quoted), {
    ...trusted('ada@desk.test'),
    rcptTo,
  })
  t.match(proven, { verdict: 'message_added', outcome: { verified: true, held: false } })
  t.match((await call('GET', `/v1/messages/${proven.messageId}`)).body, {
    authorId: ada.id,
    visibility: 'public',
    channel: 'email',
  })
  const ticket = (await call('GET', `/v1/tickets/${id}`)).body
  t.match(ticket, { needsReaction: false, firstRepliedAt: String, status: 'waiting_on_customer' })
  const [reply] = await sendAll()
  t.match(reply, { to: { address: 'client@good.test' }, bodyText: 'It is on its way.' })
  t.notMatch(JSON.stringify(reply), /CANARY/, 'what was quoted of our own notice stays here')

  const unproven = await receive(mail({ From: 'ada@desk.test' }, 'Forged?'), { rcptTo, mailFrom: 'x@evil.test' })
  t.match(unproven, { verdict: 'note_added', outcome: { verified: false } })
  t.same(await recipients(`ticketId=${id}&state=queued`), ['ada@desk.test'])
  const { data } = (await call('GET', '/v1/notifications?readAt=none', { key: ada.key })).body
  t.match(
    data.map(({ kind }: { kind: string }) => kind),
    ['mail_unverified', 'ticket_assigned'],
  )
})

t.test('an answer to a notice of a note is a note, and goes to no customer', async (t) => {
  const eve = await person('agent', 'eve@desk.test')
  const { id } = await openTicket({ requester: { email: 'client@good.test' } })
  const { body: side } = await call('POST', `/v1/tickets/${id}/conversations`, {
    body: { kind: 'internal', title: 'Legal', participants: [{ personId: eve.id }] },
  })
  await sendAll()
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'CANARY-NOTE', conversationId: side.id } })
  const [told] = await sendAll()
  t.match(told, {
    to: { address: 'eve@desk.test' },
    bodyText: /CANARY-NOTE\s+An answer to this mail becomes an internal note/,
  })
  const answer = await receive(mail({ ...passed('desk.test'), From: 'eve@desk.test' }, 'We may.\n> CANARY-NOTE'), {
    ...trusted('eve@desk.test'),
    rcptTo: told?.replyTo ?? '',
  })
  t.match(answer, { verdict: 'note_added', ticketId: id })
  t.match((await call('GET', `/v1/messages/${answer.messageId}`)).body, { authorId: eve.id, visibility: 'internal' })
  t.same(
    (await sendAll()).map(({ to }) => to.address),
    ['eve@desk.test'],
    'who is told of it as of every mail without an address of their own',
  )
})

t.test('those who work here are told as they wish, and read their own list only', async (t) => {
  const [ada, ben] = await Promise.all([person('agent'), person('agent')])
  const preferences = (changes: object) =>
    call('PATCH', '/v1/me/notification-preferences', { key: ada.key, body: changes })
  t.match(await preferences({ ticketAssigned: 'list' }), {
    status: 200,
    body: { ticketAssigned: 'list', customerReplied: 'email', messageHeld: 'list' },
  })
  const ruth = await person('requester')
  const { id } = await openTicket({ requesterId: ruth.id, assigneeId: ada.id })
  await call('POST', `/v1/tickets/${id}/replies`, { key: ruth.key, body: { body: 'Hello?' } })
  t.same(await recipients(`ticketId=${id}&kind=notification`), [ada.email], 'by mail of the reply only')
  await preferences({ customerReplied: 'none' })
  await call('POST', `/v1/tickets/${id}/replies`, { key: ruth.key, body: { body: 'Anybody?' } })
  const list = (key: string, query = '') => call('GET', `/v1/notifications${query}`, { key })
  t.match(
    (await list(ada.key)).body.data.map(({ kind, readAt }: Record<string, unknown>) => [kind, readAt]),
    [
      ['customer_replied', null],
      ['ticket_assigned', null],
    ],
  )
  t.same((await list(ben.key)).body.data, [])
  t.equal((await list(ruth.key)).status, 403)
  const [latest] = (await list(ada.key)).body.data
  t.equal((await call('POST', `/v1/notifications/${latest.id}/read`, { key: ben.key })).status, 404)
  t.match(await call('POST', `/v1/notifications/${latest.id}/read`, { key: ada.key }), {
    status: 200,
    body: { readAt: String },
  })
  t.match((await call('POST', '/v1/notifications/read', { key: ada.key, body: {} })).body, { count: 1 })
  t.same((await list(ada.key, '?readAt=none')).body.data, [])
  t.match(
    (await desk.graphql('{ notifications { nodes { id kind } } }', {}, { key: ada.key })).body.data.notifications.nodes,
    [{ id: latest.id, kind: 'customer_replied' }, { kind: 'ticket_assigned' }],
  )
  await call('POST', `/v1/tickets/${id}/claim`, { key: ada.key })
  t.equal((await list(ada.key)).body.data.length, 2, 'nobody is told of what they did themselves')
})

t.test(
  'a forward by an agent opens the ticket for whoever wrote the original, and only with proof is that one told',
  async (t) => {
    await person('agent', 'fred@desk.test')
    const forwarded = (author: string) =>
      `Please help her, CANARY-COMMENT.\n\n---------- Forwarded message ---------\nFrom: Cleo Client <${author}>\nDate: Sun, 22 Nov 2026 at 09:00\nSubject: Broken lamp\nTo: <fred@desk.test>\n\nMy lamp is broken.\n`
    for (const [headers, author, acknowledged] of [
      [passed('desk.test'), 'cleo@client.test', true],
      [{}, 'cleo2@client.test', false],
    ] as const) {
      const filed = await receive(
        mail({ ...headers, From: 'fred@desk.test', Subject: 'Fwd: Broken lamp' }, forwarded(author)),
        trusted('fred@desk.test'),
      )
      t.match(filed, { verdict: 'ticket_created', outcome: { forward: { from: { address: author } } } })
      const ticket = (await call('GET', `/v1/tickets/${filed.ticketId}?include=requester,messages`)).body
      if (!acknowledged) {
        t.match(ticket.requester, { email: 'fred@desk.test' }, 'without proof it is his own ticket')
        continue
      }
      t.match(ticket, {
        subject: 'Broken lamp',
        requester: { email: author, name: 'Cleo Client' },
        messages: [
          { visibility: 'public', bodyText: 'My lamp is broken.', verified: false },
          { visibility: 'internal', bodyText: /CANARY-COMMENT/ },
        ],
      })
      t.same(await recipients(`ticketId=${filed.ticketId}`), [author])
    }
  },
)

t.test(
  'an acknowledgement holds nothing that anybody wrote, once for each ticket, and says why it was sent',
  async (t) => {
    const filed = await receive(
      mail({ From: '"CANARY-NAME" <fresh@good.test>', Subject: 'CANARY-SUBJECT' }, 'CANARY-BODY'),
      trusted('fresh@good.test'),
    )
    const [row] = await outbound(`ticketId=${filed.ticketId}`)
    t.match(row, { kind: 'acknowledgement', to: 'fresh@good.test', state: 'queued' })
    const why = (await call('GET', `/v1/mail/outbound/${row.id}/why`)).body
    t.match(why, {
      mail: { id: row.id },
      event: { type: 'ticket.opened', channel: 'email' },
      suppression: null,
      trail: [{ step: 'queued', result: 'queued' }],
    })
    const sent = (await sendAll()).find(({ to }) => to.address === 'fresh@good.test')
    t.match(sent, { automatic: true, inReplyTo: String })
    t.notMatch(JSON.stringify([sent?.subject, sent?.bodyText, sent?.bodyHtml]), /CANARY/)
    t.match(await call('POST', `/v1/tickets/${filed.ticketId}/acknowledge`), {
      status: 409,
      body: { code: 'already_acknowledged' },
    })
    const graph = await desk.graphql(
      `{ explainOutboundMail(id: "${row.id}") { mail { state } trail { step result detail } } }`,
    )
    t.match(graph.body.data.explainOutboundMail, {
      mail: { state: 'sent' },
      trail: [{ step: 'queued' }, { step: 'send', result: 'sent', detail: '250 ok' }],
    })
    for (const headers of [
      { 'Auto-Submitted': 'auto-generated' },
      { Precedence: 'bulk' },
      { 'List-Id': '<x.good.test>' },
      { 'X-Auto-Response-Suppress': 'All' },
    ]) {
      const { ticketId } = await receive(mail({ ...headers, From: 'robot@good.test' }), trusted('robot@good.test'))
      t.same(await outbound(`ticketId=${ticketId}`), [], JSON.stringify(headers))
    }
    const { ticketId } = await receive(mail({ From: 'daemon@good.test' }), trusted(''))
    t.same(await outbound(`ticketId=${ticketId}`), [], 'the null sender')
  },
)

t.test('a victim named by a thousand mails hears of five, and the rest is visible', async (t) => {
  const mails = 60 // the hundredth is refused like the sixth
  for (let n = 0; n < mails; n++)
    await receive(mail({ From: 'bombed@good.test', Subject: `Bomb ${n}` }), trusted('x@evil.test'))
  const sent = (await sendAll()).filter(({ to }) => to.address === 'bombed@good.test')
  t.equal(sent.length, 5)
  const kept = await outbound('to=bombed@good.test&state=suppressed')
  t.equal(kept.length, mails - 5)
  t.match(kept[0], { smtpResponse: /5 an hour/ })
  t.match((await call('GET', `/v1/tickets/${kept[0].ticketId}`)).body.tags, ['loop_suspected'])
  t.match((await call('POST', `/v1/mail/outbound/${kept[0].id}/resend`)).body, { state: 'queued' })
  t.equal((await sendAll()).length, 1, 'by hand it goes')
})

t.test('a hard bounce ends its mail and its address, silently; a soft one does not', async (t) => {
  const { id, number } = await openTicket({ requester: { email: 'gone@good.test' } })
  const ada = await person('agent')
  await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: ada.id } })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Are you there?' } })
  await sendAll()
  const [row] = await outbound(`ticketId=${id}&kind=reply`)
  const bounce = (status: string, action: string) => `From: MAILER-DAEMON@mx.good.test
To: support@kontor.localhost
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce-${status}@mx.good.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.good.test

Final-Recipient: rfc822; gone@good.test
Action: ${action}
Status: ${status}
--b
Content-Type: message/rfc822

From: support@kontor.localhost
To: gone@good.test
Subject: Re: Printer on fire #[${number}]
Message-ID: <${row.messageId}>

Are you there?
--b--
`
  const before = (await call('GET', `/v1/tickets/${id}`)).body
  const soft = await receive(bounce('4.2.2', 'delayed'))
  t.match(soft, { verdict: 'bounce_recorded', ticketId: id, outcome: { bounce: { hard: false, status: '4.2.2' } } })
  t.match((await outbound(`ticketId=${id}&kind=reply`))[0], { state: 'sent' })
  const hard = await receive(bounce('5.1.1', 'failed'))
  t.match(hard, {
    verdict: 'bounce_recorded',
    ticketId: id,
    outcome: { autorespond: false, bounce: { hard: true, status: '5.1.1', recipient: 'gone@good.test' } },
  })
  const after = (await call('GET', `/v1/tickets/${id}`)).body
  t.same(
    { ...after, updatedAt: '' },
    { ...before, updatedAt: '' },
    'a bounce is no activity: the ticket stays as it was',
  )
  t.match((await outbound(`ticketId=${id}&kind=reply`))[0], { state: 'failed', smtpResponse: 'bounced 5.1.1' })
  t.match((await call('GET', '/v1/mail/suppressions?address=gone@good.test')).body.data, [
    { address: 'gone@good.test', reason: 'hard_bounce', inboundMailId: hard.id },
  ])
  t.match(
    (await call('GET', '/v1/notifications', { key: ada.key })).body.data.map(({ kind }: { kind: string }) => kind),
    ['mail_bounced', 'ticket_assigned'],
  )
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Hello?' } })
  await sendAll()
  const [next] = await outbound(`ticketId=${id}&kind=reply`)
  t.match(next, { state: 'suppressed', smtpResponse: /hard_bounce/ })
  t.match(await call('POST', `/v1/mail/outbound/${next.id}/resend`), {
    status: 409,
    body: { code: 'mail_not_resendable' },
  })
  t.equal((await call('DELETE', '/v1/mail/suppressions/gone@good.test')).status, 204)
  t.equal((await call('DELETE', '/v1/mail/suppressions/gone@good.test')).status, 404)
  t.match(await call('POST', `/v1/mail/outbound/${next.id}/resend`), { status: 200, body: { state: 'queued' } })
  await sendAll(desk, '550 5.1.1 No such user', 'failed')
  t.match((await call('GET', '/v1/mail/suppressions?address=gone@good.test')).body.data, [{ reason: 'hard_bounce' }])
  t.match(await call('POST', '/v1/mail/suppressions', { body: { address: 'Never@Good.test', detail: 'asked to' } }), {
    status: 201,
    body: { address: 'never@good.test', reason: 'manual' },
  })
})

t.test('an automatic answer is kept silently on its ticket, and what a person says of it counts', async (t) => {
  const { id } = await openTicket({ requester: { email: 'away@good.test' } })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Well?' } })
  const [row] = await outbound(`ticketId=${id}&kind=reply`)
  const before = (await call('GET', `/v1/tickets/${id}`)).body
  const away = await receive(
    mail({
      From: 'away@good.test',
      Subject: 'Out of office',
      'Auto-Submitted': 'auto-replied',
      'In-Reply-To': `<${row.messageId}>`,
    }),
    trusted(''),
  )
  t.match(away, { verdict: 'auto_reply_recorded', ticketId: id })
  t.same((await call('GET', `/v1/tickets/${id}`)).body, before, 'nothing happened')
  t.match((await call('GET', `/v1/messages/${away.messageId}`)).body, { visibility: 'internal' })
  t.match(await call('POST', `/v1/mail/inbound/${away.id}/release`), { status: 200, body: { state: 'pending' } })
  await fileAgain(away.id)
  const released = (await call('GET', `/v1/mail/inbound/${away.id}`)).body
  t.match(released, { state: 'done', verdict: 'message_added', ticketId: id })
  t.match((await call('GET', `/v1/messages/${released.messageId}`)).body, { visibility: 'public', held: false })
  t.match(await call('POST', `/v1/mail/inbound/${away.id}/release`), {
    status: 409,
    body: { code: 'mail_already_filed' },
  })
})

t.test('two desks that write to each other, and one that is answered by a machine, fall silent', async (t) => {
  const other = await startDesk(t, { ...env, MAIL_DOMAIN: 'other.test' })
  let total = 0
  const seed = await receive(mail({ From: 'support@other.test' }), { mailFrom: 'support@other.test' })
  t.match(seed.verdict, 'ticket_created')
  for (let round = 0; round < 6; round++) {
    for (const [from, to, ours] of [
      [desk, other, 'support@other.test'],
      [other, desk, 'support@kontor.localhost'],
    ] as const) {
      for (const sent of await sendAll(from)) {
        if (sent.to.address !== ours) continue
        total++
        const automatic: Record<string, string> = sent.automatic
          ? { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' }
          : {}
        await to.receive(
          mail({
            ...automatic,
            From: sent.from.address,
            To: ours,
            Subject: sent.subject,
            'Message-ID': `<${sent.messageId}>`,
          }),
          { mailFrom: sent.automatic ? '' : (sent.replyTo ?? ''), rcptTo: ours },
        )
      }
    }
  }
  t.ok(total <= 4, `${total} mails between two desks`)

  let answers = 0
  await receive(mail({ From: 'dumb@machine.test' }), trusted('dumb@machine.test'))
  for (let round = 0; round < 20; round++) {
    const sent = (await sendAll()).filter(({ to }) => to.address === 'dumb@machine.test')
    if (!sent.length) break
    for (const { subject } of sent) {
      answers++
      // it keeps no header, and forgets the number
      await receive(
        mail({ From: 'dumb@machine.test', Subject: `Thanks ${answers} for ${subject.slice(0, 4)}` }),
        trusted('dumb@machine.test'),
      )
    }
  }
  t.ok(answers <= 12, `${answers} mails to a machine that answers everything`)
  const [last] = await outbound('to=dumb@machine.test&state=suppressed')
  t.match((await call('GET', `/v1/tickets/${last.ticketId}`)).body.tags, ['loop_suspected'])
})

/** Files a mail that was put before the worker once more. */
async function fileAgain(inboundMailId: string) {
  const { receiveMail } = await import('../src/mail/in/receive.ts')
  const { parser, spool } = desk.app
  await receiveMail({ desk: system, parser, spool, workerId: 'w2' })({ inboundMailId })
}
