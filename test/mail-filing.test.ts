import t from 'tap'
import { type Candidate, type Evidence, filingOf, taggedNumber } from '../src/domain/inbound/decide.ts'
import { mailRecipient } from '../src/domain/mailboxes/recipient.ts'
import { newReplyKey, openReplyToken, replyAddress } from '../src/domain/outbound/addresses.ts'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { startDesk } from './support/desk.ts'

const stranger = { address: 'eve@example.net', personId: null, role: null }
const ruth = { address: 'ruth@example.com', personId: 'per_ruth', role: 'requester' as const }
const ada = { address: 'ada@kontor.localhost', personId: 'per_ada', role: 'agent' as const }
const on = (more: Partial<Candidate> = {}): Candidate => ({
  ticketId: 'tkt_1',
  number: 1,
  isRequester: false,
  isFollower: false,
  isDeleted: false,
  conversationId: null,
  isCorrespondent: false,
  fromOwner: false,
  ...more,
})
const nothing: Evidence = {
  kind: 'ordinary',
  way: { create: true, update: true },
  sender: stranger,
  duplicateOf: null,
  ownMail: null,
  authentication: { result: 'none', detail: '' },
  isAuthenticationConfigured: false,
  token: null,
  ownMessageId: null,
  storedMessageId: null,
  subjectTag: null,
  reported: null,
  forwardsCustomer: false,
}

t.test('the pairing ladder, case by case (R18)', async (t) => {
  for (const [name, evidence, expected] of [
    ['nothing names a ticket', {}, { verdict: 'ticket_created', ticketId: null, hint: null }],
    [
      'a reply address from its owner',
      { sender: ruth, token: on({ fromOwner: true }) },
      { verdict: 'message_added', held: false, verified: true },
    ],
    [
      'a reply address from another correspondent',
      { token: on({ isCorrespondent: true }) },
      { verdict: 'message_added', held: false, verified: true },
    ],
    ['a reply address from a stranger', { token: on() }, { verdict: 'message_added', held: true, verified: false }],
    [
      "a reply address from an agent's address",
      { sender: ada, token: on({ fromOwner: true }) },
      { verdict: 'note_added', held: false, verified: false },
    ],
    [
      'our Message-ID from its owner',
      { sender: ruth, ownMessageId: on({ fromOwner: true }) },
      { verdict: 'message_added', held: false, verified: true },
    ],
    ['our Message-ID from a stranger', { ownMessageId: on() }, { verdict: 'message_added', held: true }],
    [
      'a stored Message-ID from a correspondent',
      { storedMessageId: on({ isCorrespondent: true }) },
      { verdict: 'message_added', held: false, verified: false },
    ],
    ['a stored Message-ID from a stranger', { storedMessageId: on() }, { verdict: 'message_added', held: true }],
    [
      "a stored Message-ID from an agent's address",
      { sender: ada, storedMessageId: on() },
      { verdict: 'note_added', verified: false },
    ],
    [
      'a number from the requester',
      { sender: ruth, subjectTag: on({ isRequester: true, isCorrespondent: true }) },
      { verdict: 'message_added', held: false, verified: false },
    ],
    [
      'a number from a mere correspondent',
      { subjectTag: on({ isCorrespondent: true }) },
      { verdict: 'ticket_created', ticketId: null, hint: 1 },
    ],
    ['a number from a stranger', { subjectTag: on() }, { verdict: 'ticket_created', ticketId: null, hint: 1 }],
    ["a number from an agent's address", { sender: ada, subjectTag: on() }, { verdict: 'note_added' }],
    [
      'no sender, or several',
      { sender: { address: null, personId: null, role: null }, token: on() },
      { verdict: 'message_added', held: true },
    ],
    [
      'a reply address comes before a number',
      { sender: ruth, token: on({ fromOwner: true, ticketId: 'tkt_2' }), subjectTag: on({ isRequester: true }) },
      { ticketId: 'tkt_2' },
    ],
    [
      'our Message-ID comes before a stored one',
      { sender: ruth, ownMessageId: on({ fromOwner: true, ticketId: 'tkt_2' }), storedMessageId: on() },
      { ticketId: 'tkt_2' },
    ],
    [
      'a mail that was there',
      { sender: ruth, duplicateOf: 'inm_1', token: on({ fromOwner: true }) },
      { verdict: 'duplicate', ticketId: null },
    ],
    [
      'a mail of our own',
      { sender: ruth, ownMail: 'mark', token: on({ fromOwner: true }) },
      { verdict: 'ignored', ticketId: null },
    ],
  ] as const) {
    t.match(filingOf({ ...nothing, ...evidence }), expected, name)
  }
  for (const [subject, number] of [
    ['Re: x #[12]', 12],
    ['[#7] x', 7],
    ['#12', undefined],
    ['#[0]', undefined],
    ['#[99999999999]', undefined],
    [null, undefined],
  ] as const)
    t.equal(taggedNumber(subject), number)
})

const secrets = {
  jwt: Buffer.alloc(32),
  cursor: Buffer.alloc(32),
  reply: [
    { kid: 'b', key: Buffer.alloc(32, 2) },
    { kid: 'a', key: Buffer.alloc(32, 1) },
  ],
  instanceId: 'x',
}

t.test('only a genuine reply token opens, in any case of letters', async (t) => {
  const tokenOf = (address: string) => address.slice(address.indexOf('+') + 1, address.indexOf('@'))
  const replyKey = newReplyKey()
  const address = replyAddress(secrets, 'support@kontor.localhost', replyKey, 'reply.example')
  const token = tokenOf(address)
  t.match(address, /^support\+b[0-9a-z]{36}@reply\.example$/)
  t.ok(address.indexOf('@') <= 64)
  t.equal(openReplyToken(secrets, token), replyKey)
  t.equal(openReplyToken(secrets, token.toUpperCase()), replyKey)
  const older = tokenOf(
    replyAddress({ ...secrets, reply: [{ kid: 'a', key: Buffer.alloc(32, 1) }] }, 'support@x', replyKey, 'y'),
  )
  t.equal(openReplyToken(secrets, older), replyKey, 'an older key still opens')
  t.equal(openReplyToken({ ...secrets, reply: secrets.reply.slice(1) }, token), undefined, "another desk's does not")

  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
  let opened = 0
  for (let n = 0; n < 10_000; n++) {
    const at = n % token.length
    const flipped = `${token.slice(0, at)}${alphabet[(alphabet.indexOf(token[at] ?? '0') + 1 + (n % 31)) % 32]}${token.slice(at + 1)}`
    const guess =
      [
        flipped,
        token.slice(0, at),
        Array.from({ length: 37 }, (_, i) => alphabet[(n * 7 + i * 13) % 32]).join(''),
        `${token}${n}`,
        older.slice(0, 17) + token.slice(17),
      ][n % 5] ?? ''
    if (guess !== token && openReplyToken(secrets, guess) !== undefined) opened++
  }
  t.equal(opened, 0, 'none of 10,000 random, flipped, truncated and foreign tokens')
})

const desk = await startDesk(t)
const { call, openTicket, receive, system, app } = desk

const raw = (headers: Record<string, string>, body = 'Hello') =>
  `${Object.entries({
    To: 'support@kontor.localhost',
    Subject: 'Hello',
    Date: 'Sun, 22 Nov 2026 10:00:00 +0000',
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\n${body}\n`

t.test('a guessed reply address is as unknown as any other, and no foreign domain is ours', async (t) => {
  for (let n = 0; n < 1_000; n++) {
    const guess =
      n % 2 ? `support+${n}@kontor.localhost` : `support+a${newReplyKey()}${newReplyKey()}0000@kontor.localhost`
    if ((await system.read(mailRecipient, { address: guess })) !== 'unknown') t.fail(guess)
  }
  for (const [address, whose] of [
    ['support@kontor.localhost', 'ours'],
    ['SUPPORT@Kontor.localhost', 'ours'],
    ['nobody@kontor.localhost', 'unknown'],
    ['support@example.com', 'foreign'],
    ['support%example.com@kontor.localhost', 'unknown'],
    ['', 'unknown'],
  ] as const) {
    t.equal(await system.read(mailRecipient, { address }), whose, address)
  }
})

t.test('a stranger who names five hundred numbers opens tickets of his own, and touches none', async (t) => {
  const victim = await openTicket({ subject: 'CANARY-VICTIM' })
  const before = (await call('GET', `/v1/tickets/${victim.id}/messages?includeTotal=true`)).body.total
  const verdicts = new Set<string>()
  for (let n = 1; n <= 25; n++) {
    const number = n === 1 ? victim.number : n * 20
    const { verdict, ticketId } = await receive(
      raw({ From: 'eve@example.net', Subject: `Re: x #[${number}]`, 'Message-ID': `<guess-${n}@example.net>` }),
    )
    verdicts.add(verdict)
    t.not(ticketId, victim.id)
  }
  t.same([...verdicts], ['ticket_created'])
  t.equal((await call('GET', `/v1/tickets/${victim.id}/messages?includeTotal=true`)).body.total, before)
  t.same((await call('GET', '/v1/mail/outbound?to=eve@example.net')).body.data, [], 'nothing was mailed to him')
})

t.test('the same mail twice is one ticket; the same Message-ID with other content is two', async (t) => {
  const mail = raw({ From: 'twin@example.com', 'Message-ID': '<twin@example.com>' }, 'One')
  const first = await receive(mail)
  const again = await receive(`Received: from elsewhere\n${mail}`)
  t.match([first.verdict, again.verdict, again.ticketId], ['ticket_created', 'duplicate', null])
  const other = await receive(raw({ From: 'twin@example.com', 'Message-ID': '<twin@example.com>' }, 'Two'))
  t.equal(other.verdict, 'ticket_created')
  const without = raw({ From: 'twin@example.com', Subject: 'No id' })
  t.match([(await receive(without)).verdict, (await receive(without)).verdict], ['ticket_created', 'duplicate'])
  const many = await Promise.all(
    Array.from({ length: 6 }, () => receive(raw({ From: 'race@example.com', 'Message-ID': '<race@example.com>' }))),
  )
  t.equal(many.filter(({ verdict }) => verdict === 'ticket_created').length, 1, 'also for six at once')
})

t.test(
  'an answer to our mail joins its ticket by reply address and by Message-ID, a forwarded address is held',
  async (t) => {
    const { id, number } = await openTicket({ requester: { email: 'owner@example.com' } })
    await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Answer' } })
    const [row] = (await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=reply`)).body.data
    // as the sender does it once there is a relay
    await desk.db.query({ text: `update outbound_mails set state = 'queued' where id = $1`, values: [row.id] })
    const claimed = await system.execute(claimOutboundMail, { outboundMailId: row.id, workerId: 'w' })
    const rcptTo = claimed?.replyTo ?? ''
    t.equal(await system.read(mailRecipient, { address: rcptTo }), 'ours')

    const answer = await receive(raw({ From: 'owner@example.com', 'Message-ID': '<answer@example.com>' }), { rcptTo })
    t.match(answer, {
      verdict: 'message_added',
      ticketId: id,
      outcome: { held: false, verified: true, ticketNumber: number },
    })
    const stranger = await receive(raw({ From: 'eve@example.net', 'Message-ID': '<eve@example.net>' }), { rcptTo })
    t.match(stranger, { verdict: 'message_added', ticketId: id, outcome: { held: true } })
    const again = await receive(
      raw({ From: 'eve@example.net', 'Message-ID': '<eve2@example.net>', 'In-Reply-To': '<answer@example.com>' }),
    )
    t.match(again, { ticketId: id, outcome: { held: true } }, 'a held mail makes nobody a correspondent')
    const agent = await receive(
      raw({ From: 'admin@kontor.localhost', 'Message-ID': '<adm@example.net>', 'In-Reply-To': `<${row.messageId}>` }),
    )
    t.match(agent, { verdict: 'note_added', ticketId: id })
    const { messages } = (await call('GET', `/v1/tickets/${id}?include=messages`)).body
    t.same(
      messages.map(({ visibility, held }: { visibility: string; held: boolean }) => [visibility, held]),
      [
        ['public', false],
        ['public', false],
        ['public', false],
        ['public', true],
        ['public', true],
        ['internal', false],
      ],
    )
    const { data } = (await call('GET', `/v1/mail/outbound?ticketId=${id}`)).body
    t.same(
      data.map(({ kind, to }: Record<string, string>) => [kind, to]),
      [
        ['notification', 'admin@kontor.localhost'],
        ['reply', 'owner@example.com'],
        ['acknowledgement', 'owner@example.com'],
      ],
      'nothing of it was mailed to anybody; the agent hears that a mail bears their address',
    )
  },
)

t.test('what cannot be read becomes a ticket with the raw message attached', async (t) => {
  const bomb = `${raw({ From: 'bomb@example.com', 'Message-ID': '<bomb@example.com>', 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary="b0"' }, '')}${Array.from({ length: 150 }, (_, n) => `--b${n}\nContent-Type: multipart/mixed; boundary="b${n + 1}"\n\n`).join('')}`
  const filed = await receive(bomb)
  t.equal(filed.verdict, 'ticket_created')
  const { messages } = (await call('GET', `/v1/tickets/${filed.ticketId}?include=messages`)).body
  t.match(messages, [
    { bodyText: /could not be read/, attachments: [{ filename: 'message.eml', contentType: 'message/rfc822' }] },
  ])
  const content = await call('GET', `/v1/attachments/${messages[0].attachments[0].id}/content`)
  t.match(content.headers, { 'content-type': 'application/octet-stream', 'content-disposition': /^attachment/ })
  t.match((await call('GET', `/v1/mail/inbound/${filed.id}/raw`)).text, /boundary="b149"/)
  const nobody = await receive('Subject: From nobody\n\nHello\n')
  t.equal(nobody.verdict, 'ticket_created')
  t.match((await call('GET', `/v1/tickets/${nobody.ticketId}?include=requester`)).body.requester, {
    email: 'unknown@sender.invalid',
  })
})

t.test('an inspection says what filing does, and stores nothing', async (t) => {
  const { id } = await openTicket({ requester: { email: 'inspected@example.com' } })
  const number = (await call('GET', `/v1/tickets/${id}`)).body.number
  const before = await desk.rows()
  for (const [mail, verdict] of [
    [
      raw({ From: 'inspected@example.com', Subject: `x #[${number}]`, 'Message-ID': '<i1@example.com>' }),
      'message_added',
    ],
    [raw({ From: 'new@example.com', 'Message-ID': '<i2@example.com>' }), 'ticket_created'],
  ] as const) {
    const rest = await call('POST', '/v1/mail/inspect?mailFrom=&rcptTo=support@kontor.localhost', {
      body: Buffer.from(mail),
      headers: { 'content-type': 'message/rfc822' },
    })
    t.match(rest, {
      status: 200,
      body: { verdict, autorespond: false, mail: { from: { address: String }, bodyText: /Hello/ }, trace: Array },
    })
    const graph = await desk.graphql(
      'query($m: String!) { inspectMail(messageBase64: $m, mailFrom: "x@example.com") { verdict ticketNumber autorespond mail { subject } trace { step result } } }',
      { m: Buffer.from(mail).toString('base64') },
    )
    t.match(graph.body.data.inspectMail, { verdict, autorespond: true })
  }
  t.same(await desk.rows(), before)
  await app.relay.drain()
})

t.test('a job that comes before the time of its mail is followed by one at that time', async (t) => {
  await desk.keepJobs()
  const { id } = await openTicket({ requester: { email: 'early@example.com' } })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Answer' } })
  const [row] = (await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=reply`)).body.data
  const claim = () => system.execute(claimOutboundMail, { outboundMailId: row.id, workerId: 'w' })
  const queued = async () =>
    (
      await desk.db.query<{ startAt: string }>({
        text: `select start_at as "startAt" from outbox where queue = 'mail.send' and data->>'outboundMailId' = $1`,
        values: [row.id],
      })
    ).rows
  await desk.db.query({ text: `update outbound_mails set state = 'queued' where id = $1`, values: [row.id] })
  t.ok(await claim())
  await system.execute(recordMailResult, { outboundMailId: row.id, outcome: 'deferred', response: '450 4.2.1 later' })
  const [next] = await queued()
  await desk.db.query({ text: 'delete from outbox', values: [] })
  t.equal(await claim(), null)
  t.same(await queued(), [next])
  t.equal((await call('GET', `/v1/mail/outbound/${row.id}`)).body.attempts, 1)
})
