import t from 'tap'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { startDesk } from './support/desk.ts'
import { mailWriter } from './support/mail-text.ts'

// nothing is sent: no worker takes the jobs
const RELAY = '192.0.2.25'
const desk = await startDesk(t, {
  SMTP_RELAY_URL: 'smtp://127.0.0.1:9',
  SMTP_TRUSTED_RELAYS: RELAY,
  SMTP_AUTHSERV_IDS: 'mx.test',
})
const { call, openTicket, person, system } = desk
const receive: typeof desk.receive = (raw, envelope) => desk.receive(raw, { ...envelope, peer: RELAY })

const mail = mailWriter('a')
const PROVEN = { 'Authentication-Results': 'mx.test; dmarc=pass header.from=good.test' }

const add = (rule: Record<string, unknown>) =>
  call('POST', '/v1/rules', { body: { name: 'A rule', on: ['ticket.opened'], if: { all: [] }, ...rule } })
const remove = (...keys: string[]) => Promise.all(keys.map((key) => call('DELETE', `/v1/rules/${key}`)))
const sent = async (id: string, kind: string) =>
  (await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=${kind}`)).body.data
const why = async (id: string) => (await call('GET', `/v1/mail/outbound/${id}/why`)).body
const claim = (outboundMailId: string) => system.execute(claimOutboundMail, { outboundMailId, workerId: 'job_test' })
const runOf = async (id: string, key: string) =>
  (await call('GET', `/v1/tickets/${id}/rule-runs?ruleKey=${key}`)).body.data[0]

await call('POST', '/v1/templates', {
  body: {
    key: 'about_ticket',
    name: 'About a ticket',
    subject: '{{ ticket.subject }}',
    body: 'Of {{ requester.firstName | default: "somebody" }}: **{{ ticket.subject }}**, {{ ticket.link }}',
    format: 'markdown',
    locales: { de: { body: 'Von {{ requester.firstName }}' } },
  },
})

t.test('a rule mails an address: automatic, apart from the thread, with nothing of notes in it', async (t) => {
  await add({
    key: 'tell_supplier',
    then: [{ action: 'sendMail', to: 'Supplier@Parts.test', template: 'about_ticket' }],
  })
  const { id, number } = await openTicket({ requester: { email: 'ruth@good.test', name: 'Ruth Ruby' } })
  await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'They owe us money.' } })
  const [row] = await sent(id, 'automatic_mail')
  t.match(row, {
    to: 'supplier@parts.test',
    subject: `Printer on fire #[${number}]`,
    state: 'queued',
    personId: null,
    ticketMessageId: null,
    reason: 'mail by rule tell_supplier',
  })
  t.match(await why(row.id), {
    bodyText: `Of Ruth: **Printer on fire**, http://127.0.0.1:3000/v1/tickets/${number}`,
    event: { type: 'ticket.opened' },
  })
  const claimed = await claim(row.id)
  t.match(claimed, {
    automatic: true,
    inReplyTo: null,
    references: [],
    to: { address: 'supplier@parts.test' },
    bodyHtml: /<strong>Printer on fire<\/strong>/,
    attachments: [],
  })
  t.notMatch(JSON.stringify(claimed), /owe us/)
  t.match(await runOf(id, 'tell_supplier'), { outcome: 'fired' })
  t.match((await call('GET', '/v1/templates/about_ticket')).body, { useCount: 1 })

  for (const headers of [{}, { 'In-Reply-To': `<${claimed?.messageId}>`, ...PROVEN }]) {
    const answer = await receive(mail({ From: 'supplier@parts.test', ...headers }, 'No.'), {
      mailFrom: 'supplier@parts.test',
      rcptTo: 'In-Reply-To' in headers ? 'support@kontor.localhost' : (claimed?.replyTo ?? ''),
    })
    t.match(
      answer,
      { ticketId: id, outcome: { verdict: 'message_added', held: true } },
      'an answer is for agents to see',
    )
  }
  t.same(await sent(id, 'automatic_reply'), [])
  await remove('tell_supplier')
})

t.test('a mail to an address keeps to the limits of automatic mail, and shows what they stopped', async (t) => {
  const say = (more: object = {}) => ({
    action: 'sendMail',
    to: 'on-call@parts.test',
    subject: 'Look',
    body: 'Now',
    ...more,
  })
  await add({ key: 'call_out', then: [say()] })
  const ids: string[] = []
  for (let n = 0; n < 6; n++) {
    const { id } = await openTicket()
    const [row] = await sent(id, 'automatic_mail')
    ids.push(row.id)
    await claim(row.id)
  }
  t.match(await why(ids[4] ?? ''), { mail: { state: 'queued', subject: /^Look #\[/ } })
  t.match(await why(ids[5] ?? ''), { mail: { state: 'suppressed', smtpResponse: '5 an hour to an address' } })

  const robot = { From: 'robot@good.test', 'Auto-Submitted': 'auto-generated' }
  const { ticketId } = await receive(mail(robot), { mailFrom: 'robot@good.test' })
  t.match(await sent(ticketId, 'automatic_mail'), [{ state: 'suppressed', smtpResponse: /no automatic answer/ }])

  await call('PATCH', '/v1/rules/call_out', { body: { then: [say({ to: 'bounced@parts.test' })] } })
  await call('POST', '/v1/mail/suppressions', { body: { address: 'bounced@parts.test' } })
  const [suppressed] = await sent((await openTicket()).id, 'automatic_mail')
  t.equal(await claim(suppressed.id), null)
  t.match(await why(suppressed.id), { mail: { state: 'suppressed' }, suppression: { reason: 'manual' } })

  await call('PATCH', '/v1/rules/call_out', { body: { then: [say({ to: 'new@kontor.localhost' })] } })
  const { body: box } = await call('POST', '/v1/mailboxes', { body: { address: 'new@kontor.localhost' } })
  const { id } = await openTicket()
  t.same(await sent(id, 'automatic_mail'), [])
  t.match(await runOf(id, 'call_out'), { outcome: 'failed', detail: /mailbox of this desk/ })
  t.match(await add({ key: 'to_us', then: [say({ to: 'new@kontor.localhost' })] }), {
    status: 422,
    body: { errors: [{ pointer: '/then/0/to', code: 'own_address' }] },
  })
  await call('DELETE', `/v1/mailboxes/${box.id}`)
  await remove('call_out')
})

t.test('an acknowledgement by a template carries the number, and no word of somebody unproven', async (t) => {
  await call('PATCH', '/v1/rules/acknowledge_new_ticket', {
    body: { then: [{ action: 'acknowledgeTicket', template: 'about_ticket' }] },
  })
  const from = { From: 'Eve <eve@good.test>', Subject: 'Buy pills' }
  const unproven = await receive(mail(from), { mailFrom: 'eve@good.test' })
  const [thin] = await sent(unproven.ticketId, 'acknowledgement')
  t.match(thin, { to: 'eve@good.test', subject: /^Your message has arrived #\[\d+\]$/ })
  const told = await why(thin.id)
  t.match(told, { bodyText: /^Of somebody: \*\*\*\*, http/, trail: [{}, { step: 'template', result: 'thinned' }] })
  t.notMatch(JSON.stringify(await claim(thin.id)), /pills/)

  const proven = await receive(mail({ ...from, ...PROVEN }), { mailFrom: 'eve@good.test' })
  const [full] = await sent(proven.ticketId, 'acknowledgement')
  t.match(full, { subject: /^Buy pills #\[\d+\]$/ })
  t.match(await why(full.id), { bodyText: /^Of Eve: \*\*Buy pills\*\*/, trail: { length: 1 } })
  t.match(await claim(full.id), { subject: /^Buy pills/, bodyText: /^Of Eve/, automatic: true })

  await call('PATCH', '/v1/rules/acknowledge_new_ticket', { body: { then: [{ action: 'acknowledgeTicket' }] } })
  await call('PATCH', '/v1/rules/acknowledge_new_ticket', { body: { enabled: false } })
  const { id } = await openTicket({ requester: { email: 'ruth@good.test', name: 'Ruth Ruby' } })
  const byHand = await desk.graphql(
    `mutation { acknowledgeTicket(input: { ticketId: "${id}", template: "about_ticket" }) { subject kind } }`,
  )
  t.match(byHand.body.data.acknowledgeTicket, { subject: /^Printer on fire #\[\d+\]$/, kind: 'acknowledgement' })
  const again = await call('POST', `/v1/tickets/${id}/acknowledge`, { body: {} })
  t.match(again, { status: 409, body: { code: 'already_acknowledged' } })
  const unknown = await call('POST', `/v1/tickets/${id}/acknowledge`, { body: { template: 'gone' } })
  t.match(unknown, { status: 422, body: { errors: [{ pointer: '/template', code: 'not_found' }] } })
  await call('PATCH', '/v1/rules/acknowledge_new_ticket', { body: { enabled: true } })
})

t.test(
  'a phase says by a template what its requester wrote, where the mail that opened the ticket proves them',
  async (t) => {
    const told = {
      key: 'looked_at',
      name: 'Looked at',
      category: 'open',
      notifyRequester: true,
      template: 'about_ticket',
    }
    await call('POST', '/v1/statuses', { body: told })
    await call('PATCH', '/v1/rules/tell_requester_of_each_phase', { body: { enabled: true } })
    const from = { From: 'Eve <eve@good.test>', Subject: 'Buy pills' }
    const other = await person('requester')
    for (const [headers, requesterId, says] of [
      [{}, undefined, /^Of somebody: \*\*\*\*, http/],
      [PROVEN, undefined, /^Of Eve: \*\*Buy pills\*\*/],
      [PROVEN, other.id, /^Of somebody: \*\*\*\*, http/],
    ] as const) {
      const { ticketId } = await receive(mail({ ...from, ...headers }), { mailFrom: 'eve@good.test' })
      const body = { status: 'looked_at', ...(requesterId ? { requesterId } : {}) }
      t.equal((await call('PATCH', `/v1/tickets/${ticketId}`, { body })).status, 200)
      const [phase] = await sent(ticketId, 'automatic_mail')
      const { bodyText, trail } = await why(phase.id)
      t.match(bodyText, says)
      t.equal(
        trail.some(({ result }: { result: string }) => result === 'thinned'),
        says.source.includes('somebody'),
      )
    }
    await call('PATCH', '/v1/rules/tell_requester_of_each_phase', { body: { enabled: false } })
  },
)

t.test('a rule applies a macro, all of it or nothing, and no macro runs another', async (t) => {
  const agent = await person('agent')
  const macro = {
    key: 'hand_over',
    name: 'Hand over',
    template: 'about_ticket',
    actions: [
      { action: 'changeTicket', addTags: ['handed'], priority: 'high' },
      { action: 'assignTicket', assigneeId: agent.id },
      { action: 'postNote', body: 'Handed over.' },
    ],
  }
  t.match(await call('POST', '/v1/macros', { key: agent.key, body: macro }), { status: 201 })
  t.match(await add({ key: 'by_macro', then: [{ action: 'applyMacro', key: 'hand_over' }] }), { status: 201 })
  const { id } = await openTicket()
  const ticket = (await call('GET', `/v1/tickets/${id}?include=messages`)).body
  t.match(ticket, { priority: 'high', tags: ['handed'], assigneeId: agent.id })
  t.match(
    ticket.messages.map(({ visibility, authorId }: Record<string, string>) => [visibility, authorId]),
    [['public'], ['public', null], ['internal', null]],
  )
  t.match(await runOf(id, 'by_macro'), {
    outcome: 'fired',
    changes: { priority: { from: 'normal', to: 'high' }, assigneeId: { from: null, to: agent.id } },
  })
  t.match((await call('GET', '/v1/macros/hand_over')).body, { useCount: 1 })

  const recursive = { key: 'loop', name: 'Loop', actions: [{ action: 'applyMacro', key: 'hand_over' }] }
  t.match(await call('POST', '/v1/macros', { body: recursive }), {
    status: 422,
    body: { errors: [{ pointer: '/actions/0/action', code: 'not_found' }] },
  })
  t.match(await call('PATCH', '/v1/macros/hand_over', { body: { actions: recursive.actions } }), { status: 422 })

  await call('PATCH', `/v1/people/${agent.id}`, { body: { supportTeam: false } })
  const other = await openTicket()
  t.match((await call('GET', `/v1/tickets/${other.id}?include=messages`)).body, {
    priority: 'normal',
    tags: [],
    messages: { length: 1 },
  })
  t.match(await runOf(other.id, 'by_macro'), { outcome: 'failed', detail: /not_assignable/ })
  await call('DELETE', '/v1/macros/hand_over')
  t.match(await runOf((await openTicket()).id, 'by_macro'), { outcome: 'failed', detail: /macro_not_found/ })
  await remove('by_macro')
})

t.test('an action that can only fail is refused when it is saved, with a pointer', async (t) => {
  const mailed = { action: 'sendMail', to: 'on-call@parts.test' }
  for (const [then, pointer] of [
    [{ action: 'postReply', template: 'gone' }, '/then/0/template'],
    [{ action: 'postReply', template: 'about_ticket', body: 'x' }, '/then/0/template'],
    [{ action: 'postReply' }, '/then/0/body'],
    [{ action: 'acknowledgeTicket', template: 'gone' }, '/then/0/template'],
    [{ action: 'applyMacro', key: 'gone' }, '/then/0/key'],
    [{ action: 'applyMacro' }, '/then/0/key'],
    [{ ...mailed, template: 'gone' }, '/then/0/template'],
    [{ ...mailed, subject: 'x' }, '/then/0/body'],
    [{ ...mailed, body: 'x' }, '/then/0/subject'],
    [{ ...mailed, template: 'about_ticket', body: 'x' }, '/then/0/body'],
    [{ ...mailed, to: 'nobody', subject: 'x', body: 'x' }, '/then/0/to'],
    [{ ...mailed, to: 'support@kontor.localhost', subject: 'x', body: 'x' }, '/then/0/to'],
    [{ ...mailed, subject: 'x\ny', body: 'x' }, '/then/0/subject'],
  ] as const)
    t.match(await add({ key: 'bad_action', then: [then] }), { status: 422, body: { errors: [{ pointer }] } }, pointer)

  await call('POST', '/v1/templates', { body: { key: 'short_lived', name: 'x', body: 'x' } })
  const macro = { key: 'tells', name: 'x', actions: [{ action: 'postReply', template: 'short_lived' }] }
  t.equal((await call('POST', '/v1/macros', { body: macro })).status, 201)
  const gone = { ...macro, key: 'tells_not', actions: [{ action: 'postReply', template: 'gone' }] }
  t.match(await call('POST', '/v1/macros', { body: gone }), {
    status: 422,
    body: { errors: [{ pointer: '/actions/0/template' }] },
  })
  t.equal((await add({ key: 'tells_too', then: macro.actions })).status, 201)
  await call('DELETE', '/v1/templates/short_lived')
  t.match(await call('PATCH', '/v1/rules/tells_too', { body: { enabled: false } }), { status: 200 })
  t.match(await call('PATCH', '/v1/macros/tells', { body: { name: 'Tells nothing' } }), { status: 200 })
  t.match(
    await call('PATCH', '/v1/rules/tells_too', {
      body: { then: [...macro.actions, { action: 'postNote', body: 'x' }] },
    }),
    {
      status: 422,
      body: { errors: [{ pointer: '/then/0/template' }] },
    },
  )
  await remove('tells_too')
})
