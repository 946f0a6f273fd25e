import t, { type Test } from 'tap'
import { advanceErasure } from '../src/domain/erasure/advance-erasure.ts'
import { mailRecipient } from '../src/domain/mailboxes/recipient.ts'
import { sendDigest } from '../src/domain/notifications/send-digest.ts'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { digestWork } from '../src/jobs/digests.ts'
import { compose } from '../src/mail/out/compose.ts'
import { bareSession } from './support/bare-desk.ts'
import { onPostgres } from './support/database.ts'
import { startDesk } from './support/desk.ts'

// Notices that wait are told in one mail. Time passes by moving what waits into the past.

// nobody is sent to: the tests take what is queued by hand
const env = { SMTP_RELAY_URL: 'smtp://127.0.0.1:9', PUBLIC_URL: 'http://desk.test' }
const { app, call, db, graphql, openTicket, person, system } = await startDesk(t, env)

type Agent = Awaited<ReturnType<typeof person>>

const ruth = await person('requester')

const prefer = ({ key }: Agent, body: unknown) => call('PATCH', '/v1/me/notification-preferences', { key, body })

/** An agent who wants digests of what is assigned to them and of what customers write. */
async function digester(role = 'agent'): Promise<Agent> {
  const agent = await person(role)
  await prefer(agent, { ticketAssigned: 'digest', customerReplied: 'digest' })
  return agent
}

const assigned = (agent: Agent, members: object = {}) =>
  openTicket({ requesterId: ruth.id, assigneeId: agent.id, ...members })
const reply = ({ id }: { id: string }) =>
  call('POST', `/v1/tickets/${id}/replies`, { key: ruth.key, body: { body: 'Hello?' } })

/** So much later, for what waits for this person. */
const later = (agent: Agent, minutes: number) =>
  db.query({
    text: `update notifications set created_at = created_at - make_interval(mins => $2) where person_id = $1 and awaits_digest`,
    values: [agent.id, minutes],
  })

const waiting = async ({ id }: Agent): Promise<number> =>
  (
    await db.query<{ count: number }>({
      text: 'select count(*)::int as count from notifications where person_id = $1 and awaits_digest',
      values: [id],
    })
  ).rows[0]?.count ?? -1

const round = (t: Test) => digestWork.round(system, (error) => t.fail(String(error)))

const mailsTo = async ({ email }: Agent, kind = 'digest') =>
  (await call('GET', `/v1/mail/outbound?kind=${kind}&to=${encodeURIComponent(email)}`)).body.data

const claim = (id: string) => system.execute(claimOutboundMail, { outboundMailId: id, workerId: 'job_test' })
const record = (outboundMailId: string, outcome: 'sent' | 'failed', response: string) =>
  system.execute(recordMailResult, { outboundMailId, outcome, response })

/** The one digest of somebody, as it is sent. */
async function digestOf(t: Test, agent: Agent) {
  const [row, ...rest] = await mailsTo(agent)
  t.same(rest, [], 'one mail')
  const mail = await claim(row.id)
  if (!mail) throw new Error('it is not sent')
  return { row, mail }
}

const list = async ({ key }: Agent) => (await call('GET', '/v1/notifications?limit=100', { key })).body.data

const END =
  'Do not answer this mail: what is sent to its address is refused, and reaches no ticket. Answer customers by the API.'

t.test('what waits is in the list at once, and in one mail when it is due', async (t) => {
  const agent = await digester()
  const printer = await assigned(agent)
  const lamp = await assigned(agent, { subject: 'Lamp is dark' })
  await reply(lamp)
  await reply(printer)
  await reply(printer)
  t.match(
    (await list(agent)).map(({ kind, readAt }: Record<string, unknown>) => [kind, readAt]),
    [
      ['customer_replied', null],
      ['customer_replied', null],
      ['customer_replied', null],
      ['ticket_assigned', null],
      ['ticket_assigned', null],
    ],
  )
  t.same(Object.keys((await list(agent))[0]).sort(), [
    'createdAt',
    'eventId',
    'id',
    'kind',
    'messageId',
    'readAt',
    'ticketId',
  ])
  t.same(await mailsTo(agent, 'notification'), [], 'none singly')
  await later(agent, 59)
  await round(t)
  t.same(await mailsTo(agent), [], 'not before its time')
  await later(agent, 1)
  await round(t)
  await round(t)

  const { row, mail } = await digestOf(t, agent)
  t.match(row, {
    ticketId: null,
    ticketMessageId: null,
    personId: agent.id,
    subject: 'Digest: 5 notices on 2 tickets',
    reason: `Digest: 5 notices on 2 tickets, as ${agent.email} wishes`,
    state: 'queued',
  })
  t.equal(
    mail.bodyText,
    [
      'What is new on your tickets, the newest first:',
      `#${printer.number} Printer on fire\nAssigned to you: 1, Customer replied: 2\nhttp://desk.test/v1/tickets/${printer.number}`,
      `#${lamp.number} Lamp is dark\nAssigned to you: 1, Customer replied: 1\nhttp://desk.test/v1/tickets/${lamp.number}`,
      END,
    ].join('\n\n'),
  )
  t.match(mail, { subject: row.subject, to: { address: agent.email }, automatic: true, ticketNumber: null })
  t.same([mail.replyTo, mail.inReplyTo, mail.references, mail.attachments], [null, null, [], []])
  t.equal(await waiting(agent), 0)

  await reply(lamp)
  await round(t)
  t.equal((await mailsTo(agent)).length, 1, 'what comes later waits for the next')
  await later(agent, 60)
  await round(t)
  const [next] = await mailsTo(agent)
  t.equal(next.subject, 'Digest: 1 notice on 1 ticket')
  t.notMatch((await claim(next.id))?.bodyText, /Printer/, 'nothing is told twice')
})

t.test('a digest is automatic mail that takes no answer, is explained, and sent again by hand', async (t) => {
  const agent = await digester()
  await assigned(agent)
  await later(agent, 60)
  await round(t)
  const { row, mail } = await digestOf(t, agent)
  t.match(mail.from, { name: 'Support', address: 'support+noreply@kontor.localhost' })
  t.equal(await system.read(mailRecipient, { address: mail.from.address }), 'unknown', 'refused by the listener')
  const { to, ...rest } = mail
  const composed = compose({ ...rest, replyTo: null, attachments: [], to: [to], instanceId: app.secrets.instanceId })
  t.match(composed, {
    envelope: { from: '' },
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Kontor-Instance': app.secrets.instanceId,
    },
  })
  t.notOk('replyTo' in composed)
  await record(row.id, 'sent', '250 ok')
  const why = (await call('GET', `/v1/mail/outbound/${row.id}/why`)).body
  t.match(why, { mail: { state: 'sent', reason: /^Digest: 1 notice on 1 ticket/ }, event: null, bodyText: null })
  t.match(
    why.trail.map(({ step, result }: Record<string, string>) => [step, result]),
    [
      ['queued', 'queued'],
      ['send', 'sent'],
    ],
  )
  t.match(await call('POST', `/v1/mail/outbound/${row.id}/resend`), { status: 200, body: { state: 'queued' } })
  await call('POST', '/v1/notifications/read', { key: agent.key, body: {} })
  t.equal((await claim(row.id))?.bodyText, mail.bodyText, 'the same once more, read or not')
})

t.test('what was read meanwhile is left out, and of nothing there is no mail', async (t) => {
  const [agent, other] = [await digester(), await digester()]
  const kept = await assigned(agent, { subject: 'Kept' })
  const read = await assigned(agent, { subject: 'Read' })
  await assigned(other)
  await call('POST', '/v1/notifications/read', { key: agent.key, body: { ticketId: read.id } })
  await call('POST', '/v1/notifications/read', { key: other.key, body: {} })
  for (const each of [agent, other]) await later(each, 60)
  await round(t)
  const { row, mail } = await digestOf(t, agent)
  t.equal(row.subject, 'Digest: 1 notice on 1 ticket')
  t.match(mail.bodyText, `#${kept.number} Kept`)
  t.notMatch(mail.bodyText, /Read/)
  t.same(await mailsTo(other), [])
  t.same([await waiting(agent), await waiting(other)], [0, 0])
})

t.test('how long a digest waits is changed for what waits already', async (t) => {
  const [soon, late] = [await digester(), await digester()]
  for (const each of [soon, late]) await assigned(each)
  await later(soon, 15)
  await later(late, 60)
  await prefer(late, { digestMinutes: 61 })
  await round(t)
  t.same([await mailsTo(soon), await mailsTo(late)], [[], []])
  await prefer(soon, { digestMinutes: 15 })
  await round(t)
  t.same([(await mailsTo(soon)).length, (await mailsTo(late)).length], [1, 0])
  await later(late, 1)
  await round(t)
  t.equal((await mailsTo(late)).length, 1)
})

t.test('a kind that is told otherwise from now on ends no wait', async (t) => {
  const agent = await digester()
  const first = await assigned(agent, { subject: 'First' })
  await prefer(agent, { ticketAssigned: 'email' })
  await assigned(agent, { subject: 'Second' })
  t.equal((await mailsTo(agent, 'notification')).length, 1)
  await later(agent, 60)
  await round(t)
  const { row, mail } = await digestOf(t, agent)
  t.equal(row.subject, 'Digest: 1 notice on 1 ticket')
  t.match(mail.bodyText, `#${first.number} First`)
})

t.test('only tickets that its reader sees now are told, when it is made and when it is sent', async (t) => {
  const role = { key: 'digest_reader', kind: 'staff', ticketAccess: 'own', permissions: ['postNote'] }
  await call('POST', '/v1/roles', { body: { name: 'x', ...role } })
  const agent = await digester(role.key)
  const [seen, unseen, deleted, lost, merged] = await Promise.all(
    ['Seen', 'Unseen', 'Deleted', 'Lost', 'Merged'].map((subject) => assigned(agent, { subject })),
  )
  const target = await openTicket({ requesterId: ruth.id, subject: 'Goes on here' })
  await call('PUT', `/v1/tickets/${target.id}/assignment`, { body: { assigneeId: agent.id } })
  t.equal((await call('POST', `/v1/tickets/${merged.id}/merge`, { body: { into: target.id } })).status, 200)
  await call('PUT', `/v1/tickets/${unseen.id}/assignment`, { body: { assigneeId: null } })
  t.equal((await call('DELETE', `/v1/tickets/${deleted.id}`)).status, 204)
  await later(agent, 60)
  await round(t)
  const [row] = await mailsTo(agent)
  t.equal(row.subject, 'Digest: 4 notices on 3 tickets', 'two of them on the one that goes on')
  await call('PUT', `/v1/tickets/${lost.id}/assignment`, { body: { assigneeId: null } })
  const { mail } = await digestOf(t, agent)
  t.match(mail.bodyText, `#${seen.number} Seen`)
  t.match(mail.bodyText, `#${target.number} Goes on here\nAssigned to you: 2`)
  t.notMatch(mail.bodyText, /Unseen|Deleted|Lost|Merged/)
  t.equal((await call('GET', `/v1/mail/outbound/${row.id}`, { key: agent.key })).status, 404, 'as other mail of none')

  await record(row.id, 'sent', '250 ok')
  for (const { id } of [seen, target]) await call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: null } })
  await call('POST', `/v1/mail/outbound/${row.id}/resend`)
  t.equal(await claim(row.id), null)
  t.match((await call('GET', `/v1/mail/outbound/${row.id}`)).body, {
    state: 'suppressed',
    smtpResponse: 'its reader sees nothing of it any more',
  })
})

t.test('whoever is disabled, or works here no more, gets none, and none later', async (t) => {
  const [disabled, ceased] = [await digester(), await digester()]
  for (const each of [disabled, ceased]) {
    // who ceases to work here still sees what they asked
    await assigned(each, { requesterId: each.id })
    await later(each, 60)
  }
  await call('PATCH', `/v1/people/${disabled.id}`, { body: { disabled: true } })
  await call('PATCH', `/v1/people/${ceased.id}`, { body: { role: 'requester' } })
  await round(t)
  await call('PATCH', `/v1/people/${disabled.id}`, { body: { disabled: false } })
  await call('PATCH', `/v1/people/${ceased.id}`, { body: { role: 'agent' } })
  await round(t)
  for (const each of [disabled, ceased]) {
    t.same(await mailsTo(each), [])
    t.equal(await waiting(each), 0)
  }
})

t.test('several at once send one digest', async (t) => {
  const agents = await Promise.all(Array.from({ length: 5 }, () => digester()))
  for (const agent of agents) {
    await Promise.all([1, 2, 3].map(() => assigned(agent)))
    await later(agent, 60)
  }
  const others = [system, bareSession({ db, app }), bareSession({ db, app })]
  const fail = (error: unknown) => t.fail(String(error))
  await Promise.all(others.flatMap((desk) => [digestWork.round(desk, fail), digestWork.round(desk, fail)]))
  await Promise.all(agents.flatMap(({ id }) => others.map((desk) => desk.execute(sendDigest, { personId: id }))))
  for (const agent of agents) {
    t.match(await mailsTo(agent), [{ subject: 'Digest: 3 notices on 3 tickets' }])
    t.equal((await mailsTo(agent)).length, 1)
  }
})

t.test('a digest that somebody writes just now is not waited for', { skip: !onPostgres }, async (t) => {
  const agent = await digester()
  await assigned(agent)
  await later(agent, 60)
  await db.transaction(async (tx) => {
    await tx.query({ text: 'select id from people where id = $1 for no key update', values: [agent.id] })
    t.same(await system.execute(sendDigest, { personId: agent.id }), { found: false })
    // a notice that comes meanwhile hangs on nobody's lock
    await assigned(agent)
    await tx.commit()
  })
  await round(t)
  t.match(await mailsTo(agent), [{ subject: 'Digest: 2 notices on 2 tickets' }])
})

t.test('a digest that could not be written has taken nothing', async (t) => {
  const agent = await digester()
  await assigned(agent)
  await later(agent, 60)
  await db.script(`alter table outbound_mails add constraint no_digests check (kind <> 'digest') not valid`)
  const errors: unknown[] = []
  await digestWork.round(system, (error) => errors.push(error))
  await db.script('alter table outbound_mails drop constraint no_digests')
  t.equal(errors.length, 1)
  t.equal(await waiting(agent), 1)
  await round(t)
  t.match(await mailsTo(agent), [{ subject: 'Digest: 1 notice on 1 ticket' }])
})

t.test('a digest names a hundred tickets, the newest, and how many more there are', async (t) => {
  const agent = await digester()
  const [oldest] = await Promise.all([assigned(agent, { subject: 'The oldest' })])
  for (let n = 0; n < 101; n++) await assigned(agent, { subject: `${n} ${'long '.repeat(50)}` })
  await later(agent, 60)
  await round(t)
  const { row, mail } = await digestOf(t, agent)
  t.equal(row.subject, 'Digest: 102 notices on 102 tickets')
  t.equal(mail.bodyText.match(/^#\d+ /gm)?.length, 100)
  t.match(mail.bodyText, 'and 2 more tickets: http://desk.test/v1/notifications?readAt=none')
  t.notMatch(mail.bodyText, `#${oldest.number} `)
  t.ok(mail.bodyText.length < 50_000, `${mail.bodyText.length} characters`)
  t.equal(await waiting(agent), 0)
})

t.test('addresses that are gone get no digests', async (t) => {
  const [suppressed, refused] = [await digester(), await digester()]
  await call('POST', '/v1/mail/suppressions', { body: { address: suppressed.email } })
  for (const each of [suppressed, refused]) {
    await assigned(each)
    await later(each, 60)
  }
  await round(t)
  const [row] = await mailsTo(suppressed)
  t.equal(await claim(row.id), null)
  t.match((await call('GET', `/v1/mail/outbound/${row.id}/why`)).body, {
    mail: { state: 'suppressed', smtpResponse: 'the address is suppressed: manual' },
    suppression: { address: suppressed.email },
  })
  t.match(await call('POST', `/v1/mail/outbound/${row.id}/resend`), { status: 409 })

  const { row: other } = await digestOf(t, refused)
  await record(other.id, 'failed', '550 5.1.1 nobody here')
  t.match((await call('GET', `/v1/mail/outbound/${other.id}/why`)).body, {
    mail: { state: 'failed' },
    suppression: { address: refused.email, reason: 'hard_bounce' },
  })
})

t.test('digests have no part in the budget of mail about accounts, nor one of their own', async (t) => {
  const agent = await digester()
  for (let n = 0; n < 25; n++) {
    await assigned(agent)
    await later(agent, 60)
    await round(t)
    const [row] = await mailsTo(agent)
    t.ok(await claim(row.id))
    await record(row.id, 'sent', '250 ok')
  }
  const { body: invited } = await call('POST', `/v1/people/${agent.id}/invitation`)
  t.ok(await claim(invited.id))
})

t.test('erased with whom it is about', async (t) => {
  const agent = await digester()
  await prefer(agent, { digestMinutes: 15 })
  await assigned(agent)
  await later(agent, 60)
  await round(t)
  await assigned(agent)
  await later(agent, 60)
  await call('PATCH', `/v1/people/${agent.id}`, { body: { disabled: true } })
  const { body: job } = await call('POST', `/v1/people/${agent.id}/erasure`, { body: {} })
  for (let step = 0, state = ''; state !== 'done' && step < 100; step++) {
    await system.execute(advanceErasure, { jobId: job.id, step })
    state = (await call('GET', `/v1/jobs/${job.id}`)).body.state
  }
  const { rows } = await db.query({
    text: `select p.notices, p.digest_minutes as "digestMinutes", m.subject, m."to", m.state,
      (select count(*)::int from notifications n where n.digest_mail_id = m.id or n.person_id = p.id) as notices_left
      from people p join outbound_mails m on m.person_id = p.id and m.kind = 'digest' where p.id = $1`,
    values: [agent.id],
  })
  t.same(rows, [{ notices: {}, digestMinutes: 60, subject: '', to: '', state: 'suppressed', notices_left: 0 }])
  await round(t)
})

t.test('preferences are read and changed in both APIs, and what is wrong changes nothing', async (t) => {
  const agent = await person('agent')
  const as = { key: agent.key }
  const read = async () => (await call('GET', '/v1/me/notification-preferences', as)).body
  const usual = await read()
  t.match(usual, { ticketAssigned: 'email', digestMinutes: 60 })
  t.match(await prefer(agent, { noteAdded: 'digest' }), {
    status: 200,
    body: { ...usual, noteAdded: 'digest', digestMinutes: 60 },
  })
  t.match(await prefer(agent, { digestMinutes: 10_080 }), { status: 200, body: { digestMinutes: 10_080 } })
  const mutation =
    'mutation ($input: ChangeNotificationPreferencesInput!) { changeNotificationPreferences(input: $input)'
  const changed = await graphql(
    `${mutation} { noteAdded messageHeld digestMinutes } }`,
    { input: { messageHeld: 'digest', digestMinutes: 15 } },
    as,
  )
  const expected = { noteAdded: 'digest', messageHeld: 'digest', digestMinutes: 15 }
  t.same(changed.body.data.changeNotificationPreferences, expected)
  const asked = await graphql('{ notificationPreferences { noteAdded messageHeld digestMinutes } }', {}, as)
  t.same(asked.body.data.notificationPreferences, expected)
  const before = await read()
  t.same(before, { ...usual, ...expected })

  for (const body of [
    { digestMinutes: 14 },
    { digestMinutes: 10_081 },
    { digestMinutes: 20.5 },
    { digestMinutes: '60' },
    { digestMinutes: null },
    { digestMinutes: 30, noteAdded: 'weekly' },
    { awaitsDigest: true },
  ])
    t.match(await prefer(agent, body), { status: 422, body: { code: 'invalid_input' } }, JSON.stringify(body))
  const refused = await graphql(`${mutation} { digestMinutes } }`, { input: { digestMinutes: 14 } }, as)
  t.match(refused.body.errors, [{ extensions: { code: 'invalid_input', errors: [{ pointer: '/digestMinutes' }] } }])
  t.same(await read(), before)
  t.equal((await prefer(ruth, { digestMinutes: 30 })).status, 403)
})
