import t from 'tap'
import { commandsIn } from '../src/domain/inbound/commands.ts'
import { fileMail } from '../src/domain/inbound/file-mail.ts'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { newId } from '../src/kernel/ids.ts'
import { receiveMail } from '../src/mail/in/receive.ts'
import { startDesk } from './support/desk.ts'
import { mailWriter } from './support/mail-text.ts'

// What an agent has done by lines like #close, what is refused, and that nobody else has anything done so (R19).

const RELAY = '192.0.2.25'
// nobody is sent to: the tests take what is queued by hand
const env = { SMTP_RELAY_URL: 'smtp://127.0.0.1:9', SMTP_TRUSTED_RELAYS: RELAY, SMTP_AUTHSERV_IDS: 'mx.desk.test' }
const desk = await startDesk(t, env)
const { call, openTicket, person, receive, system } = desk

const ada = await person('agent', 'ada@desk.test')
const bob = await person('agent', 'bob@desk.test')
await person('requester', 'outsider@good.test')

const mail = mailWriter('c')
const passed = { 'Authentication-Results': 'mx.desk.test; dmarc=pass header.from=desk.test' }
const NBSP = '\u00a0'

const ticketOf = async (id: string) => (await call('GET', `/v1/tickets/${id}`)).body
const messageOf = async ({ messageId }: { messageId: string }) => (await call('GET', `/v1/messages/${messageId}`)).body
const outbound = async (query: string) => (await call('GET', `/v1/mail/outbound?limit=100&${query}`)).body.data
const recipients = async (query: string) => (await outbound(query)).map(({ to }: { to: string }) => to)
const noticesOf = async (key: string, id: string) =>
  (await call('GET', `/v1/notifications?ticketId=${id}&kind=command_refused`, { key })).body.data
const eventsOf = async (id: string) => {
  const { rows } = await desk.db.query<{ type: string; actorId: string; channel: string; changes: object }>({
    text: `select type, actor_id as "actorId", channel, changes from events where ticket_id = $1 order by id`,
    values: [id],
  })
  return rows
}

/** Sends what is queued, as the worker does; answers what was composed. */
async function sendAll() {
  const composed = []
  for (const { id } of (await outbound('state=queued')).toReversed()) {
    const claimed = await system.execute(claimOutboundMail, { outboundMailId: id, workerId: 'w' })
    if (!claimed) continue
    composed.push(claimed)
    await system.execute(recordMailResult, { outboundMailId: id, outcome: 'sent', response: '250 ok' })
  }
  return composed
}

let clients = 0
/** A ticket of a client of its own, of whose beginning everybody has been told. */
async function place(members: Record<string, unknown> = {}) {
  const client = `client${clients++}@good.test`
  const { id } = await openTicket({ requester: { email: client }, ...members })
  await sendAll()
  return { id, client, rcptTo: await desk.replyAddress(id, 'ada@desk.test') }
}

/** Ada answers by mail, with proof. */
async function answer({ rcptTo }: { rcptTo: string }, body: string, headers: Record<string, string> = {}) {
  return receive(mail({ ...passed, From: 'ada@desk.test', ...headers }, body), {
    mailFrom: 'ada@desk.test',
    peer: RELAY,
    rcptTo,
  })
}

t.test('each command does what it says, as the agent, and its line goes to nobody', async (t) => {
  const rows: [lines: string, ticket: object, events: string[], done?: string[]][] = [
    ['#close', { status: 'closed', statusCategory: 'closed' }, ['ticket.changed']],
    ['#status solved', { status: 'solved' }, ['ticket.changed']],
    ['#status On hold', { status: 'on_hold' }, ['ticket.changed']],
    ['#Status: waiting-on-agent', { status: 'waiting_on_agent' }, ['ticket.changed']],
    ['#priority urgent', { priority: 'urgent' }, ['ticket.changed']],
    ['#PRIORITY Low', { priority: 'low' }, ['ticket.changed']],
    ['#assign me', { assigneeId: ada.id }, ['ticket.assigned']],
    ['#assign bob@desk.test', { assigneeId: bob.id }, ['ticket.assigned']],
    ['#assign Bob <Bob@desk.test>', { assigneeId: bob.id }, ['ticket.assigned']],
    ['#assign bob@desk.test<mailto:bob@desk.test>', { assigneeId: bob.id }, ['ticket.assigned']],
    ['#assign me\n#unassign', { assigneeId: null }, ['ticket.assigned', 'ticket.assigned']],
    [
      `\n${NBSP}#assign${NBSP}me${NBSP} \n\n#priority high.\n#close${NBSP}`.replace('high.', 'high'),
      { assigneeId: ada.id, priority: 'high', status: 'closed' },
      ['ticket.assigned', 'ticket.changed', 'ticket.changed'],
      ['#assign\u00a0me', '#priority high', '#close'],
    ],
  ]
  for (const [lines, ticket, events, done = lines.split('\n')] of rows) {
    const there = await place()
    const before = (await eventsOf(there.id)).length
    const filed = await answer(there, `${lines}\n\nIt is on its way.\n#close is no command here.`)
    t.match(filed, { verdict: 'message_added', ticketId: there.id, outcome: { verified: true } }, lines)
    t.same(
      filed.outcome.commands,
      done.map((line) => ({ line, done: true, code: null, detail: null })),
      `${lines}: the journal tells it`,
    )
    t.match(await ticketOf(there.id), { ...ticket, firstRepliedAt: String, needsReaction: false }, lines)
    t.match(await messageOf(filed), {
      visibility: 'public',
      authorId: ada.id,
      bodyText: 'It is on its way.\n#close is no command here.',
      visibleText: 'It is on its way.\n#close is no command here.',
    })
    const happened = (await eventsOf(there.id)).slice(before)
    const byAda = happened.filter(({ actorId }) => actorId === ada.id)
    t.same(
      byAda.map(({ type }) => type),
      ['ticket.replied', ...events],
      `${lines}: in her name, the reply first`,
    )
    t.ok(byAda.every(({ channel }) => channel === 'email'))
    const sent = (await sendAll()).filter(({ to }) => to.address === there.client)
    t.match(sent, [{ bodyText: 'It is on its way.\n#close is no command here.' }], `${lines}: the client is answered`)
    t.notMatch(await ticketOf(there.id), { lastMessagePreview: /assign|priority|status/ })
    t.same(await noticesOf(ada.key, there.id), [], `${lines}: nothing was refused`)
  }
})

t.test('the status that an agent gives stands, whatever rules do at an answer', async (t) => {
  const statusAfter = async (body: string) => {
    const there = await place()
    await answer(there, body)
    const { status } = await ticketOf(there.id)
    const { data } = (await call('GET', `/v1/tickets/${there.id}/rule-runs?ruleKey=agent_reply_waits_for_customer`))
      .body
    return [status, ...data.map(({ outcome }: { outcome: string }) => outcome)]
  }
  t.same(await statusAfter('#close\nDone.'), ['closed', 'guarded'], 'it does not wait for the customer')
  t.same(await statusAfter('#status open\nI am on it.'), ['open', 'guarded'], 'also where it stays as it was')
  t.same(await statusAfter('#status x\nWords'), ['waiting_on_customer', 'fired'], 'what is refused gives none')
  t.same(await statusAfter('#priority high\nWords'), ['waiting_on_customer', 'fired'])
})

t.test('#note keeps the mail from everybody outside', async (t) => {
  const spellings = [
    '#note',
    '#Note:',
    '# note',
    `#${NBSP}NOTE${NBSP}`,
    '\uff03note',
    '\u200e#note',
    '#priority high\n#note',
    '#note\n#priority high',
  ]
  for (const lines of spellings) {
    const there = await place()
    const filed = await answer(there, `${lines}\nCANARY: they are late again.`, { Cc: 'friend@good.test' })
    t.match(filed, { verdict: 'note_added', ticketId: there.id, outcome: { verified: true } }, lines)
    t.ok(filed.outcome.commands.every(({ done }: { done: boolean }) => done))
    t.match(
      await messageOf(filed),
      { visibility: 'internal', authorId: ada.id, bodyText: 'CANARY: they are late again.' },
      lines,
    )
    t.same(await recipients(`ticketId=${there.id}&state=queued`), [], `${lines}: no mail to anybody`)
    t.same((await call('GET', `/v1/tickets/${there.id}/followers`)).body.data, [], 'nobody is brought along')
    t.match(await ticketOf(there.id), {
      firstRepliedAt: null,
      lastAgentActivityAt: lines.includes('priority') ? String : null,
      lastNoteAt: String,
    })
    const { body } = await call('GET', `/v1/tickets/${there.id}?include=messages`)
    t.notMatch(body.lastMessagePreview, /CANARY/)
  }
  const there = await place()
  const filed = await answer(there, '#note They called.\n#close\nAnd they are content.')
  t.match(await messageOf(filed), { visibility: 'internal', bodyText: 'They called.\nAnd they are content.' })
  t.match(await ticketOf(there.id), { status: 'closed' })
})

t.test('what is nearly #note is one, and the agent hears of it', async (t) => {
  const slips = ['#notes', '#not', '#noet', '#nite', '#node 7 is down', '#note?', '#nnote', '##note', '# Notes']
  const joined = [
    '#note—secret',
    '#note-secret',
    '#note…secret',
    '#note(internal) x',
    '*#note* secret',
    '- #note',
    '#note_x',
  ]
  for (const word of [...slips, ...joined]) {
    const there = await place()
    const filed = await answer(there, `#priority high\n${word}\nCANARY\n#close`)
    t.match(filed, { verdict: 'note_added' }, word)
    t.match(filed.outcome.reason, /was taken for #note\. It is an internal note/)
    t.same(await recipients(`ticketId=${there.id}&kind=reply`), [], `${word}: the client has nothing`)
    const rest = `${word}\nCANARY\n#close`
    t.match(await messageOf(filed), { visibility: 'internal', bodyText: rest }, `${word}: nothing is lost`)
    t.match(await ticketOf(there.id), { priority: 'high', status: 'open' }, `${word}: what stands above it is done`)
    const told = (await sendAll()).find(({ to }) => to.address === 'ada@desk.test')
    t.ok(told?.bodyText.includes(`"${word}" was taken for #note.`), word)
  }
  const lower = [
    'Hello,\n# Note:\nCANARY',
    '> Who pays?\n\n#note\nCANARY',
    'Words\n\n#note',
    'Words\n#note the number',
    'Hi\n- #note x',
  ]
  for (const body of lower) {
    const there = await place()
    const filed = await answer(there, body)
    t.match(await messageOf(filed), { visibility: 'internal', bodyText: body }, body)
    t.same(await recipients(`ticketId=${there.id}&kind=reply`), [], `${body}: the client has nothing`)
    t.equal((await noticesOf(ada.key, there.id)).length, 1)
  }
  for (const body of ['Look at the tag #note in the menu.', 'Words\n> #note\n> Who?', '#notebook at home']) {
    const there = await place()
    t.match(await messageOf(await answer(there, body)), { visibility: 'public' }, body)
  }
  for (const word of ['#hello', '#todo', '#notebook', '#nt', '#closed', '# close', '#1', '#', '- #todo']) {
    const there = await place()
    const filed = await answer(there, `${word}\nWords`)
    t.match(await messageOf(filed), { visibility: 'public', bodyText: `${word}\nWords` }, `${word} is text`)
    t.notOk(filed.outcome.commands, `${word} is no command`)
    t.match(await ticketOf(there.id), { status: 'waiting_on_customer' })
  }
  const there = await place()
  const filed = await answer(there, '#close\n#thanks\n#priority high')
  t.match(await messageOf(filed), { bodyText: '#thanks\n#priority high' }, 'what is no command ends them')
  t.match(await ticketOf(there.id), { status: 'closed', priority: 'normal' })
})

t.test('what is refused changes nothing and stops nothing, the mail is filed, and the agent is told', async (t) => {
  const rows: [line: string, code: string, detail: RegExp][] = [
    ['#status closd', 'invalid_input', /closd is none of open/],
    ['#status', 'invalid_input', /#status takes a word behind it/],
    ['#priority', 'invalid_input', /takes a word/],
    ['#priority tomorrow', 'invalid_input', /tomorrow is none of low/],
    ['#assign', 'invalid_input', /takes a word/],
    ['#assign Bob', 'invalid_input', /takes me, or the address/],
    ['#assign bob@desk.test and ada@desk.test', 'invalid_input', /takes me, or the address/],
    ['#assign nobody@desk.test', 'person_not_found', /nobody@desk.test is nobody's address/],
    ['#assign outsider@good.test', 'not_assignable', /support team/],
    ['#close now', 'invalid_input', /#close takes nothing behind it/],
    ['#unassign bob@desk.test', 'invalid_input', /#unassign takes nothing/],
  ]
  for (const [line, code, detail] of rows) {
    const there = await place({ assigneeId: bob.id, status: 'on_hold' })
    const filed = await answer(there, `${line}\n#priority high\nWords`)
    t.match(filed.outcome.commands, [
      { line, done: false, code, detail },
      { line: '#priority high', done: true },
    ])
    t.match(filed, { verdict: 'message_added' }, `${line}: the mail is a reply all the same`)
    t.match(await messageOf(filed), { visibility: 'public', bodyText: 'Words' })
    t.match(await ticketOf(there.id), { status: 'waiting_on_customer', assigneeId: bob.id, priority: 'high' }, line)
    const changes = (await eventsOf(there.id)).filter(
      ({ type, actorId }) => type !== 'ticket.replied' && actorId === ada.id,
    )
    t.match(changes, [{ type: 'ticket.changed', changes: { priority: {} } }])
    t.equal(changes.length, 1, `${line}: nothing else was told`)
    const [notice, ...rest] = await noticesOf(ada.key, there.id)
    t.match(notice, { kind: 'command_refused', messageId: filed.messageId, readAt: null })
    t.same(rest, [])
    const told = (await sendAll()).find(({ to }) => to.address === 'ada@desk.test')
    t.match(told, { subject: /^Not done: Printer on fire/, automatic: true })
    t.ok(told?.bodyText.includes(`${line}\n  ${code}: `), `${line}: its mail says which line`)
    t.match(told?.bodyText, detail)
    t.match(told?.bodyText, /becomes an internal note/)
    t.notMatch(told?.bodyText, /#priority high/)
  }
  await desk.app.relay.drain()
  const { data } = (await call('GET', '/v1/events?types=command.refused&limit=100')).body
  t.equal(data.filter(({ data }: { data: object }) => 'refused' in data).length, 0)
  t.ok(data.length >= rows.length)
})

t.test('agents are told of refused commands as they wish', async (t) => {
  const prefer = (commandRefused: string) =>
    call('PATCH', '/v1/me/notification-preferences', { key: ada.key, body: { commandRefused } })
  t.match((await call('GET', '/v1/me/notification-preferences', { key: bob.key })).body, { commandRefused: 'email' })
  for (const [level, listed, mailed] of [
    ['list', 1, 0],
    ['none', 0, 0],
    ['email', 1, 1],
  ] as const) {
    t.match(await prefer(level), { status: 200, body: { commandRefused: level } })
    const there = await place()
    await answer(there, '#priority x\nWords')
    t.equal((await noticesOf(ada.key, there.id)).length, listed, level)
    t.equal((await outbound(`ticketId=${there.id}&kind=notification`)).length, mailed, level)
  }
  const { body } = await desk.graphql(
    '{ notificationPreferences { commandRefused } notifications(filter: { kind: [command_refused] }, first: 1) { nodes { kind } } }',
    {},
    { key: ada.key },
  )
  t.match(body.data, {
    notificationPreferences: { commandRefused: 'email' },
    notifications: { nodes: [{ kind: 'command_refused' }] },
  })
})

t.test('without each proof nothing is done, and the lines are text', async (t) => {
  const light = await person('light_agent', 'lia@desk.test')
  const own = await call('POST', '/v1/roles', {
    body: {
      key: 'clerk',
      name: 'Clerk',
      kind: 'staff',
      permissions: ['changeTicket', 'postReply'],
      changeable: ['status'],
    },
  })
  t.equal(own.status, 201, own.text)
  await person('clerk', 'cleo@desk.test')
  const lines = '#close\n#assign me\n#priority urgent\nWords'
  const pass = (domain: string) => ({ 'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${domain}` })
  const fail = { 'Authentication-Results': 'mx.desk.test; dmarc=fail header.from=desk.test' }
  const forged = { 'Authentication-Results': 'mx.evil.test; dmarc=pass header.from=desk.test' }
  type Row = [name: string, from: string, token: string | null, headers: Record<string, string>, peer?: string]
  const rows: Row[] = [
    ['no word of a relay', 'ada@desk.test', 'ada@desk.test', {}],
    ['a relay says fail', 'ada@desk.test', 'ada@desk.test', fail],
    ['a stranger says pass', 'ada@desk.test', 'ada@desk.test', passed, '203.0.113.9'],
    ['a forged name of a relay', 'ada@desk.test', 'ada@desk.test', forged],
    ['a pass for another domain', 'ada@desk.test', 'ada@desk.test', pass('evil.test')],
    ['the token of another agent', 'ada@desk.test', 'bob@desk.test', passed],
    ["the requester's token", 'ada@desk.test', 'client', passed],
    ['no token', 'ada@desk.test', null, passed],
    ['a light agent', light.email, light.email, passed],
    ["a role of the desk's own", 'cleo@desk.test', 'cleo@desk.test', passed],
    ['the requester', 'client', 'client', pass('good.test')],
    ["the requester with an agent's token", 'client', 'ada@desk.test', pass('good.test')],
    ['a follower', 'fay@good.test', 'fay@good.test', pass('good.test')],
    ["a stranger with an agent's token", 'eve@evil.test', 'ada@desk.test', pass('evil.test')],
    ['two senders', 'ada@desk.test, eve@evil.test', 'ada@desk.test', passed],
    ['her name, and another address', 'Ada <eve@evil.test>', 'ada@desk.test', pass('evil.test')],
  ]
  for (const [name, from, token, headers, peer = RELAY] of rows) {
    const there = await place()
    await call('POST', `/v1/tickets/${there.id}/followers`, { body: { email: 'fay@good.test' } })
    const meant = (one: string) => (one === 'client' ? there.client : one)
    const { number } = await ticketOf(there.id)
    const filed = await receive(
      mail({ ...headers, From: meant(from), Subject: token === null ? `Re: #[${number}]` : 'Re' }, lines),
      {
        mailFrom: 'x@relay.test',
        peer,
        ...(token === null ? {} : { rcptTo: await desk.replyAddress(there.id, meant(token)) }),
      },
    )
    t.equal(filed.ticketId, there.id, name)
    t.notOk(filed.outcome.commands, `${name}: no command is told of`)
    t.match(await messageOf(filed), { bodyText: lines }, `${name}: it is text`)
    t.match(
      await ticketOf(there.id),
      { status: /^(open|waiting_on_agent)$/, assigneeId: null, priority: 'normal' },
      name,
    )
    const did = (await eventsOf(there.id)).filter(
      ({ type }) => type === 'ticket.assigned' || type === 'command.refused',
    )
    t.same(did, [], name)
  }
  const there = await place()
  const filed = await receive(mail({ ...passed, From: 'ada@desk.test' }, `#close\nA new matter`), {
    mailFrom: 'ada@desk.test',
    peer: RELAY,
  })
  t.match(filed, { verdict: 'ticket_created' })
  t.match(await ticketOf(filed.ticketId), { status: 'open' }, "an agent's own new ticket is not closed at once")
  const mine = await openTicket({ requesterId: ada.id })
  const rcptTo = await desk.replyAddress(mine.id, 'ada@desk.test')
  await answer({ rcptTo }, lines)
  t.match(
    await ticketOf(mine.id),
    { statusCategory: 'open', priority: 'normal' },
    'in her own ticket she is the requester',
  )
  t.ok(there)
})

t.test('machines have nothing done', async (t) => {
  const body = '#close\nI am away until Monday.'
  const machines: [name: string, headers: Record<string, string>, verdict: string, mailFrom?: string][] = [
    ['out of office', { 'Auto-Submitted': 'auto-replied' }, 'auto_reply_recorded'],
    [
      'a vacation of Exchange',
      { Subject: 'Automatic reply: Re', 'X-Auto-Response-Suppress': 'All', 'In-Reply-To': '<a@b>' },
      'auto_reply_recorded',
    ],
    ['a program', { 'Auto-Submitted': 'auto-generated' }, 'note_added'],
    ['a list', { 'List-Id': '<agents.desk.test>' }, 'note_added'],
    ['the null sender', {}, 'note_added', ''],
  ]
  for (const [name, headers, verdict, mailFrom = 'ada@desk.test'] of machines) {
    const there = await place()
    const filed = await receive(mail({ ...passed, From: 'ada@desk.test', ...headers }, body), {
      mailFrom,
      peer: RELAY,
      rcptTo: there.rcptTo,
    })
    t.match(filed, { verdict, ticketId: there.id }, name)
    t.match(await ticketOf(there.id), { status: 'open' }, name)
    t.same(await recipients(`ticketId=${there.id}&kind=reply`), [], `${name}: nothing goes to the client`)
    t.match(await messageOf(filed), { visibility: 'internal', bodyText: body }, `${name}: nothing is lost`)
    t.equal((await noticesOf(ada.key, there.id)).length, verdict === 'note_added' ? 1 : 0, name)
  }
})

t.test('a mail of commands alone is a note that holds them', async (t) => {
  const bodies = [
    '#close\n#assign me',
    '\n\n#close\n\n#assign me\n\n-- \nAda\nDesk',
    '#close\n#assign me\n\nOn Sun, 22 Nov 2026 at 10:00, Client wrote:\n> It burns.\n> #priority urgent',
    '#close\n#assign me\n\nSent from my iPhone',
  ]
  for (const body of bodies) {
    const there = await place()
    const filed = await answer(there, body)
    t.match(filed, { verdict: 'note_added', outcome: { commands: [{ done: true }, { done: true }] } })
    t.match(await messageOf(filed), { visibility: 'internal', authorId: ada.id, bodyText: '#close\n#assign me' })
    t.match(await ticketOf(there.id), {
      status: 'closed',
      assigneeId: ada.id,
      priority: 'normal',
      firstRepliedAt: null,
    })
    t.same(await recipients(`ticketId=${there.id}&state=queued`), [], 'no empty reply goes to anybody')
  }
  const there = await place()
  const filed = await answer(there, '#status x')
  t.match(filed, { verdict: 'note_added', outcome: { commands: [{ done: false }] } })
  t.match(await messageOf(filed), { bodyText: '#status x' }, 'refused ones, too')
})

t.test('only her own first words count: no quote, no signature, nothing further down', async (t) => {
  const bodies = [
    'Words\n#close',
    '> #close\nWords',
    'Words\n\nOn Sun, 22 Nov 2026 at 10:00, Client wrote:\n> #close',
    'Words\n\n-----Original Message-----\nFrom: client@good.test\nSent: Sunday\nSubject: x\n\n#close',
    'Words\n-- \n#close',
    'On Sun, 22 Nov 2026 at 10:00, Client wrote:\n> #close\n\nWords',
    '---------- Forwarded message ---------\nFrom: Client <client@good.test>\nDate: Sun, 22 Nov 2026 at 09:00\nSubject: x\nTo: <support@desk.test>\n\n#close\n',
  ]
  for (const body of bodies) {
    const there = await place()
    const filed = await answer(there, body)
    t.notOk(filed.outcome.commands, body)
    t.match(await ticketOf(there.id), { status: 'waiting_on_customer' }, body)
  }
})

t.test('mail in HTML alone is read like any other, and its attachments and followers stay', async (t) => {
  const there = await place()
  const html =
    '<html><body><div><b>#Assign</b>&nbsp;me</div><p>#close&nbsp;</p><p>It is <b>on its way</b>.</p><blockquote type="cite"><p>#priority urgent</p></blockquote></body></html>'
  const filed = await answer(there, html, {
    'MIME-Version': '1.0',
    'Content-Type': 'text/html; charset=utf-8',
    Cc: 'friend@good.test',
  })
  t.match(filed.outcome.commands, [{ done: true }, { done: true }])
  t.match(await ticketOf(there.id), { status: 'closed', assigneeId: ada.id, priority: 'normal' })
  t.match(await messageOf(filed), { visibility: 'public', bodyText: 'It is on its way.', bodyHtml: null })
  t.match((await call('GET', `/v1/tickets/${there.id}/followers`)).body.data, [{ email: 'friend@good.test' }])
  t.same(await recipients(`ticketId=${there.id}&kind=reply`), [there.client])

  const parts =
    '--b\nContent-Type: text/plain\n\n#status solved\nAs attached.\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\n\nPDF\n--b--'
  const type = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' }
  const other = await place()
  const attached = await answer(other, parts, type)
  t.match(await messageOf(attached), {
    visibility: 'public',
    bodyText: 'As attached.',
    attachments: [{ filename: 'a.pdf' }],
  })
  t.match(await ticketOf(other.id), { status: 'solved' })
  const third = await place()
  const bare = await answer(third, parts.replace('\nAs attached.', ''), type)
  t.match(await messageOf(bare), {
    visibility: 'internal',
    bodyText: '#status solved',
    attachments: [{ filename: 'a.pdf' }],
  })
})

t.test('a mail that comes again, or is filed again, has nothing done a second time', async (t) => {
  const there = await place()
  const twice = mail({ ...passed, From: 'ada@desk.test' }, '#close\nDone.')
  const envelope = { mailFrom: 'ada@desk.test', peer: RELAY, rcptTo: there.rcptTo }
  const [first, second] = [await receive(twice, envelope), await receive(twice, envelope)]
  t.match([first.verdict, second.verdict], ['message_added', 'duplicate'])
  t.notOk(second.outcome.commands)
  await call('PATCH', `/v1/tickets/${there.id}`, { body: { status: 'open' } })
  // the job of a worker that was killed after its commit
  const again = receiveMail({ desk: system, parser: desk.app.parser, spool: desk.app.spool, workerId: newId('job') })
  await again({ inboundMailId: first.id })
  await receive(twice, envelope)
  t.match(await ticketOf(there.id), { status: 'open' })
  t.equal((await eventsOf(there.id)).filter(({ changes }) => 'status' in changes).length, 2)
  for (const act of ['reprocess', 'release'])
    t.match(await call('POST', `/v1/mail/inbound/${first.id}/${act}`), {
      status: 409,
      body: { code: 'mail_already_filed' },
    })
})

t.test('what could not be read goes to nobody outside, and has nothing done when it is read at last', async (t) => {
  const there = await place()
  const head = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary="b0"' }
  const deep = Array.from({ length: 150 }, (_, n) => `--b${n}\nContent-Type: multipart/mixed; boundary="b${n + 1}"\n\n`)
  const filed = await answer(there, `${deep.join('')}#note\nCANARY`, head)
  t.match(filed, { verdict: 'note_added', outcome: { parseError: String, reason: /could not be read/ } })
  t.same(await recipients(`ticketId=${there.id}&kind=reply`), [])
  t.equal((await noticesOf(ada.key, there.id)).length, 1, 'she hears that nobody has had her answer')
  t.equal((await call('POST', `/v1/mail/inbound/${filed.id}/reprocess`)).status, 200)
  const read = {
    messageId: null, inReplyTo: null, references: [], date: null, replyTo: null, to: [], cc: [], subject: 'Re', bodyHtml: null,
    from: { address: 'ada@desk.test', name: null }, fromCount: 1, kind: 'ordinary' as const, forward: null, bounce: null, reportedIds: [],
    bodyText: '#close\nCANARY', visibleText: '#close\nCANARY', quotedText: null, attachments: [], contents: [], autorespond: true,
    automaticBecause: null, parseError: null, headers: [{ name: 'authentication-results', value: passed['Authentication-Results'] }],
  } // biome-ignore format: what the parser makes
  await system.execute(fileMail, { inboundMailId: filed.id, mail: read, contentHash: 'x' })
  t.match(await messageOf(filed), { visibility: 'internal', bodyText: '#close\nCANARY' })
  t.match(await ticketOf(there.id), { status: 'open' })
})

t.test('commands go by the workflow of the type, as by API', async (t) => {
  const way = (from: string, to: string, more: object = {}) => ({ from: [from], to, ...more })
  await call('POST', '/v1/types', { body: { key: 'repair', name: 'Repair' } })
  const saved = await call('PUT', '/v1/types/repair/workflow', {
    body: {
      statuses: ['open', 'on_hold', 'waiting_on_customer', 'solved', 'closed'],
      transitions: [
        way('open', 'solved', { requires: { message: 'public' } }),
        way('open', 'on_hold', { requires: { fields: ['assigneeId'] } }),
        way('open', 'closed', { roles: ['admin'] }),
        way('open', 'waiting_on_customer'),
        way('on_hold', 'closed'),
        way('waiting_on_customer', 'open'),
        way('solved', 'closed', { roles: ['admin'] }),
      ],
    },
  })
  t.equal(saved.status, 200, saved.text)
  const repair = (status = 'open') => place({ type: 'repair', status })

  const solved = await repair()
  await answer(solved, '#close\nIt works again.')
  t.match(
    await ticketOf(solved.id),
    { status: 'solved' },
    'no agent may close it: solved; and the reply counts for the way',
  )
  const silent = await repair()
  const unsaid = await answer(silent, '#close')
  t.match(unsaid.outcome.commands, [{ done: false, code: 'transition_not_allowed', detail: /public message/ }])
  t.match(await ticketOf(silent.id), { status: 'open' }, 'a note is no public reply')
  const held = await repair('on_hold')
  await answer(held, '#close\nDone.')
  t.match(await ticketOf(held.id), { status: 'closed' }, 'where a way leads on, it is closed')
  const unassigned = await repair()
  const lacking = await answer(unassigned, '#status on hold\n#assign me\n#status On Hold\nWe wait.')
  t.match(lacking.outcome.commands, [
    { done: false, code: 'transition_not_allowed', detail: /a value of assigneeId/ },
    { done: true },
    { done: true },
  ])
  t.match(await ticketOf(unassigned.id), { status: 'on_hold', assigneeId: ada.id }, 'each is tried in its turn')
  const ended = await repair('closed')
  t.match((await answer(ended, '#close')).outcome.commands, [{ done: true }], 'what is closed is closed')
  const barred = await repair()
  t.match((await answer(barred, '#status closed\nWords')).outcome.commands, [
    { done: false, code: 'transition_not_allowed', detail: /the role admin/ },
  ])
})

t.test('in a conversation with others the answer goes to them, and a note to colleagues only', async (t) => {
  const { id } = await openTicket({ requester: { email: 'client@side.test' } })
  await sendAll()
  const { body: side } = await call('POST', `/v1/tickets/${id}/conversations`, {
    body: {
      kind: 'customer',
      title: 'Supplier',
      participants: [{ email: 'supplier@good.test' }, { personId: ada.id }],
    },
  })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Can you deliver?', conversationId: side.id } })
  const mine = (await sendAll()).find(({ to }) => to.address === 'ada@desk.test')
  const there = { rcptTo: mine?.replyTo ?? '' }
  const said = await answer(there, '#status on_hold\nPlease do.')
  t.match(await messageOf(said), { visibility: 'participants', bodyText: 'Please do.' })
  t.match(await ticketOf(id), { status: 'on_hold' })
  t.same(
    (await sendAll()).map(({ to }) => to.address),
    ['supplier@good.test'],
  )
  const noted = await answer(there, '#note\nThey are slow.')
  t.match(await messageOf(noted), { visibility: 'internal', bodyText: 'They are slow.' })
  t.same(await sendAll(), [])
})

t.test('a mail has at most ten commands', async (t) => {
  const there = await place()
  const many = Array.from({ length: 11 }, (_, n) => `#priority ${n % 2 ? 'low' : 'high'}`).join('\n')
  const filed = await answer(there, `${many}\n#note\nCANARY`)
  t.equal(filed.outcome.commands.length, 10)
  t.match(await ticketOf(there.id), { priority: 'low' }, 'the eleventh is not done')
  t.match(await messageOf(filed), { visibility: 'internal', bodyText: '#priority high\n#note\nCANARY' })
  t.same(
    await recipients(`ticketId=${there.id}&kind=reply`),
    [],
    'what stands behind may have been meant for colleagues',
  )
  t.match((await sendAll()).find(({ to }) => to.address === 'ada@desk.test')?.bodyText, /at most 10 commands/)
})

t.test('an inspection says which commands would be run, and runs none', async (t) => {
  const there = await place()
  const raw = mail({ ...passed, From: 'ada@desk.test' }, '#close\n#assign me\nDone.').replace(/\n/g, '\r\n')
  const before = await desk.rows()
  const inspect = (more: string) =>
    call('POST', `/v1/mail/inspect?mailFrom=ada@desk.test&rcptTo=${encodeURIComponent(there.rcptTo)}${more}`, {
      body: Buffer.from(raw),
      headers: { 'content-type': 'message/rfc822' },
    })
  const untried = { done: null, code: null, detail: null }
  t.match(await inspect(`&peer=${RELAY}`), {
    status: 200,
    body: {
      verdict: 'message_added',
      commands: [
        { line: '#close', ...untried },
        { line: '#assign me', ...untried },
      ],
    },
  })
  const unproven = await inspect('')
  t.match(unproven, { status: 200, body: { verdict: 'note_added' } }, 'a relay speaks from its address only')
  t.notOk(unproven.body.commands)
  const { body } = await desk.graphql(
    'query($m: String!, $r: String!) { inspectMail(messageBase64: $m, mailFrom: "ada@desk.test", rcptTo: $r, peer: "192.0.2.25") { commands { line done } } }',
    { m: Buffer.from(raw).toString('base64'), r: there.rcptTo },
  )
  t.same(body.data.inspectMail.commands, [
    { line: '#close', done: null },
    { line: '#assign me', done: null },
  ])
  t.same(await desk.rows(), before)
  const filed = await answer(there, '#close\nDone.')
  const graph = await desk.graphql(
    `{ inboundMail(id: "${filed.id}") { outcome { commands { line done code detail } } } }`,
  )
  t.same(graph.body.data.inboundMail.outcome.commands, [{ line: '#close', done: true, code: null, detail: null }])
  const plain = await answer(there, 'Words')
  const none = await desk.graphql(`{ inboundMail(id: "${plain.id}") { outcome { commands { line } } } }`)
  t.equal(none.body.data.inboundMail.outcome.commands, null)
})

t.test('a line ends where editors end it', (t) => {
  const parted = ['\u2028', '\u2029', '\u0085', '\r', '\r\n', '\v', '\f', '\n']
  for (const end of parted) {
    const ofEnd = JSON.stringify(end)
    t.match(commandsIn(`#note They called.${end}CANARY`), { isNote: true, text: 'They called.\nCANARY' }, ofEnd)
    t.match(
      commandsIn(`#priority high${end}Words${end}Words`),
      { commands: { length: 1 }, text: 'Words\nWords' },
      ofEnd,
    )
    t.match(commandsIn(`Hello${end}#note${end}CANARY`), { isNote: true, remark: /further down/ }, ofEnd)
  }
  t.match(commandsIn('＃ｎｏｔｅ：CANARY'), { isNote: true, remark: null, text: 'CANARY' })
  t.end()
})

t.test('commands are found in linear time', async (t) => {
  for (const text of [
    '\n'.repeat(1_000_000),
    `#${' '.repeat(1_000_000)}x`,
    `${' '.repeat(1_000_000)}x`,
    `#${'n'.repeat(1_000_000)}`,
    `#note ${' x'.repeat(500_000)}`,
    `#a${' '.repeat(500_000)}\u2028x\u2028`,
    `#status ${'a\u0301\u0323'.repeat(300_000)}`,
    `${'*'.repeat(1_000_000)}#note`,
  ]) {
    const before = process.cpuUsage()
    commandsIn(text)
    const { user } = process.cpuUsage(before)
    t.ok(user < 1_000_000, `${user / 1_000} ms`)
  }
})
