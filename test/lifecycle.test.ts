import t from 'tap'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { indexTexts } from '../src/domain/search/index-texts.ts'
import { ruleTimerWork } from '../src/jobs/rule-timers.ts'
import { snoozeWork } from '../src/jobs/snoozes.ts'
import { startDesk } from './support/desk.ts'

const desk = await startDesk(t)
const { app, call, db, graphql, openTicket, person, receive, system } = desk

const agent = await person('agent')
const light = await person('light_agent')
const ruth = await person('requester', 'ruth@example.com')
const other = await person('requester')

const at = (id: string, rest = '') => `/v1/tickets/${id}${rest}`
const SEARCH = 'search '
/** The tickets of a list, or of a search for words. */
const numbers = async (path: string, key?: string): Promise<number[]> => {
  const asking = key ? { key } : {}
  const { body } = path.startsWith(SEARCH)
    ? await call('POST', '/v1/tickets/search', { ...asking, body: { query: path.slice(SEARCH.length) } })
    : await call('GET', path, asking)
  return body.data.map(({ number }: { number: number }) => number)
}
const eventsOf = async (ticketId: string, types: string) => {
  await app.relay.drain()
  const { data } = (await call('GET', `/v1/events?types=${types}&limit=100`)).body
  return data.filter((event: { ticketId: string }) => event.ticketId === ticketId)
}
const mailFrom = (from: string, subject: string, more = '') =>
  `From: ${from}\nTo: support@kontor.localhost\nSubject: ${subject}\nMessage-ID: <${Math.random()}@client.example>\n${more}\nText of it`

t.test('a deleted ticket is nowhere but in the list of what is deleted, until it is restored', async (t) => {
  const parent = await openTicket({ subject: 'Parent' })
  const ticket = await openTicket({ subject: 'Wombat', parentId: parent.id })
  const link = await call('POST', at(parent.id, '/links'), { body: { kind: 'blocks', toId: ticket.id } })
  t.equal(link.status, 201)
  while ((await system.execute(indexTexts, {})).more);
  const places = [
    '/v1/tickets?limit=100',
    `/v1/tickets/${parent.id}/children`,
    'search wombat',
    '/v1/views/unassigned/tickets?limit=100',
  ]
  for (const place of places) t.ok((await numbers(place)).includes(ticket.number), place)
  const count = async () => (await call('GET', '/v1/views/unassigned/count')).body.total
  const before = await count()

  t.equal((await call('DELETE', at(ticket.number))).status, 204)
  for (const place of places) t.notOk((await numbers(place)).includes(ticket.number), place)
  t.equal(await count(), before - 1)
  t.same((await call('GET', at(parent.id, '/links'))).body.data, [])
  t.same(await numbers('/v1/tickets?deleted=true'), [ticket.number])
  t.ok((await numbers('/v1/tickets?deleted=true,false&limit=100')).includes(parent.number), 'both')
  t.match(await call('GET', at(ticket.id), { key: light.key }), { status: 200, body: { deletedAt: String } })
  t.equal((await call('GET', at(ticket.id), { key: ruth.key })).status, 404)
  t.equal((await call('GET', at(ticket.id, '/messages'), { key: ruth.key })).status, 404)
  t.notOk((await numbers('/v1/tickets?limit=100', ruth.key)).includes(ticket.number))
  t.equal((await call('GET', '/v1/tickets?deleted=true', { key: ruth.key })).status, 400)
  t.equal((await call('GET', '/v1/tickets?deleted=maybe')).status, 400)

  const acts: [Parameters<typeof call>[0], string, object?][] = [
    ['PATCH', '', { subject: 'X' }],
    ['POST', '/replies', { body: 'X' }],
    ['POST', '/notes', { body: 'X' }],
    ['POST', '/claim'],
    ['PUT', '/assignment', { assigneeId: agent.id }],
    ['POST', '/snooze', {}],
    ['POST', '/spam'],
    ['DELETE', ''],
    ['POST', '/merge', { into: parent.id }],
  ]
  for (const [method, rest, body] of acts) {
    t.match(await call(method, at(ticket.id, rest), { body }), { status: 409, body: { code: 'ticket_deleted' } }, rest)
    t.equal((await call(method, at(ticket.id, rest), { body, key: ruth.key })).status, 404, rest)
  }
  t.match(await call('POST', at(parent.id, '/links'), { body: { kind: 'blocks', toId: ticket.id } }), { status: 422 })
  t.equal((await call('POST', at(ticket.id, '/restore'), { key: ruth.key })).status, 404)
  t.equal((await call('POST', at(ticket.id, '/restore'), { key: light.key })).status, 403)

  const restored = await graphql(
    'mutation ($id: ID!) { restoreTicket(input: { ticketId: $id }) { id deletedAt version } }',
    { id: ticket.id },
  )
  t.match(restored.body.data.restoreTicket, { id: ticket.id, deletedAt: null, version: ticket.version + 2 })
  for (const place of places) t.ok((await numbers(place)).includes(ticket.number), place)
  t.equal(await count(), before)
  t.match(await call('POST', at(ticket.id, '/restore')), { status: 409, body: { code: 'ticket_not_deleted' } })
  const told = await eventsOf(ticket.id, 'ticket.deleted,ticket.restored')
  t.same(
    told.map(({ type }: { type: string }) => type),
    ['ticket.deleted', 'ticket.restored'],
  )
})

t.test('who may delete', async (t) => {
  const ticket = await openTicket()
  t.match(await call('DELETE', at(ticket.id), { key: ruth.key }), { status: 403 })
  t.match(await call('DELETE', at(ticket.id), { key: light.key }), { status: 403 })
  t.match(await call('DELETE', at(ticket.id), { key: other.key }), { status: 404 })
  t.match(await call('DELETE', at('tkt_nothing')), { status: 404, body: { code: 'ticket_not_found' } })
  const answer = await graphql(
    'mutation ($id: ID!) { deleteTicket(input: { ticketId: $id }) { id } }',
    { id: ticket.id },
    agent,
  )
  t.same(answer.body.data, { deleteTicket: { id: ticket.id } })
})

t.test('mail that answers a deleted ticket opens another one and says why', async (t) => {
  const ticket = await openTicket()
  const address = await desk.replyAddress(ticket.id, 'ruth@example.com')
  await call('DELETE', at(ticket.id))
  const mail = await receive(mailFrom('ruth@example.com', 'Re: Printer on fire'), { rcptTo: address })
  t.equal(mail.outcome.verdict, 'ticket_created')
  t.notOk(mail.ticketId === ticket.id)
  t.same(
    mail.outcome.trace.filter(({ result }: { result: string }) => result === 'deleted'),
    [{ step: 'reply_address', result: 'deleted', detail: `#${ticket.number}` }],
  )
  t.equal((await call('GET', at(ticket.id, '/messages'))).body.data.length, 1)
})

t.test('queued mail of a deleted ticket is not sent, nor anything automatic for spam', async (t) => {
  const send = async (prepare: (id: string) => Promise<unknown>) => {
    const ticket = await openTicket()
    await call('POST', at(ticket.id, '/replies'), { body: { body: 'Turn it off.' }, key: agent.key })
    await db.query({ text: `update outbound_mails set state = 'queued' where ticket_id = $1`, values: [ticket.id] })
    await prepare(ticket.id)
    const { data } = (await call('GET', `/v1/mail/outbound?ticketId=${ticket.id}&sort=createdAt`)).body
    const states: Record<string, string> = {}
    for (const { id, kind } of data) {
      await system.execute(claimOutboundMail, { outboundMailId: id, workerId: 'job_test' })
      const { body } = await call('GET', `/v1/mail/outbound/${id}`)
      states[kind] = body.smtpResponse ?? body.state
    }
    return states
  }
  t.same(await send((id) => call('DELETE', at(id))), {
    acknowledgement: 'its ticket is deleted',
    reply: 'its ticket is deleted',
  })
  t.same(await send((id) => call('POST', at(id, '/spam'))), { acknowledgement: 'its ticket is spam', reply: 'queued' })
})

t.test(
  'spam is left out unless it is asked for, its requester does not hear of it, and its mail stays on it',
  async (t) => {
    await db.query({ text: 'update tickets set spam = false', values: [] })
    const ticket = await openTicket({ subject: 'Cheap watches' })
    t.match(await call('POST', at(ticket.id, '/spam'), { key: agent.key }), { status: 200, body: { spam: true } })
    t.equal((await call('POST', at(ticket.id, '/spam'), { key: ruth.key })).status, 403)
    t.notOk((await numbers('/v1/tickets?limit=100')).includes(ticket.number))
    t.notOk((await numbers('/v1/views/unassigned/tickets?limit=100')).includes(ticket.number))
    t.same(await numbers('/v1/tickets?spam=true'), [ticket.number])
    t.same(await numbers('search spam:true'), [ticket.number])
    const view = { key: 'junk', name: 'Junk', condition: { all: [{ field: 'spam', op: 'is', value: true }] } }
    t.equal((await call('POST', '/v1/views', { body: view })).status, 201)
    t.same(await numbers('/v1/views/junk/tickets'), [ticket.number])
    t.equal((await call('GET', '/v1/views/junk/count')).body.total, 1)
    t.match(await call('GET', at(ticket.id), { key: ruth.key }), { status: 200, body: { spam: null, deletedAt: null } })
    t.ok((await numbers('/v1/tickets?limit=100', ruth.key)).includes(ticket.number))
    const address = await desk.replyAddress(ticket.id, 'ruth@example.com')
    const mail = await receive(mailFrom('ruth@example.com', 'Re: Cheap watches'), { rcptTo: address })
    t.match(mail, { verdict: 'message_added', ticketId: ticket.id })
    const answer = await graphql('mutation ($id: ID!) { unmarkAsSpam(input: { ticketId: $id }) { spam } }', {
      id: ticket.id,
    })
    t.same(answer.body.data.unmarkAsSpam, { spam: false })
    t.ok((await numbers('/v1/tickets?limit=100')).includes(ticket.number))
    const [marked] = (await eventsOf(ticket.id, 'ticket.changed')).filter(
      ({ changes }: { changes: object }) => 'spam' in changes,
    )
    t.same(marked.changes, { spam: { from: false, to: true } })
  },
)

t.test('a rule marks spam and snoozes', async (t) => {
  const rule = {
    key: 'lottery',
    name: 'Lottery',
    on: ['ticket.opened'],
    if: { all: [{ field: 'subject', op: 'contains', value: 'lottery' }] },
    then: [{ action: 'markAsSpam' }, { action: 'snoozeTicket', forMinutes: 60 }],
  }
  t.equal((await call('POST', '/v1/rules', { body: rule })).status, 201)
  const ticket = await openTicket({ subject: 'You won the lottery' })
  t.match(ticket, { spam: true, snoozedAt: String, snoozedUntil: String })
})

t.test('a snoozed ticket is out of the queue until its time, and wakes once', async (t) => {
  const team = (await call('POST', '/v1/teams', { body: { name: 'Night', memberIds: [agent.id] } })).body
  const ticket = await openTicket({ teamId: team.id })
  const next = () => call('POST', '/v1/tickets/next', { body: { teamId: team.id }, key: agent.key })
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const snoozed = await call('POST', at(ticket.id, '/snooze'), { body: { until }, key: agent.key })
  t.match(snoozed, { status: 200, body: { snoozedUntil: until, snoozedAt: String } })
  t.match(await next(), { status: 409, body: { code: 'queue_empty' } })
  t.same(await numbers(`/v1/tickets?snoozed=true&teamId=${team.id}`), [ticket.number])
  t.match((await call('GET', at(ticket.id), { key: ruth.key })).body, { snoozedAt: null, snoozedUntil: null })

  await snoozeWork.round(system, (error) => t.fail(String(error)))
  t.ok((await call('GET', at(ticket.id))).body.snoozedAt, 'not before its time')
  await db.query({
    text: `update tickets set snoozed_until = now() - interval '1 second' where id = $1`,
    values: [ticket.id],
  })
  await Promise.all(Array.from({ length: 4 }, () => snoozeWork.round(system, (error) => t.fail(String(error)))))
  t.match((await call('GET', at(ticket.id))).body, { snoozedAt: null, snoozedUntil: null })
  const woken = (await eventsOf(ticket.id, 'ticket.changed')).filter(
    ({ changes }: { changes: { snoozedAt?: { to: unknown } } }) => changes.snoozedAt?.to === null,
  )
  t.equal(woken.length, 1)
  t.match(await next(), { status: 200, body: { id: ticket.id } })
})

t.test('a reply of the requester wakes it, one of an agent does not', async (t) => {
  const ticket = await openTicket()
  const answer = await graphql(
    'mutation ($id: ID!) { snoozeTicket(input: { ticketId: $id }) { snoozedAt snoozedUntil } }',
    { id: ticket.id },
  )
  t.match(answer.body.data.snoozeTicket, { snoozedAt: String, snoozedUntil: null })
  await call('POST', at(ticket.id, '/replies'), { body: { body: 'Soon.' }, key: agent.key })
  t.ok((await call('GET', at(ticket.id))).body.snoozedAt)
  await call('POST', at(ticket.id, '/replies'), { body: { body: 'Now?' }, key: ruth.key })
  t.equal((await call('GET', at(ticket.id))).body.snoozedAt, null)
  t.match(await call('DELETE', at(ticket.id, '/snooze')), { status: 409, body: { code: 'ticket_not_snoozed' } })
  await call('POST', at(ticket.id, '/snooze'), { body: {} })
  t.match(await call('DELETE', at(ticket.id, '/snooze')), { status: 200, body: { snoozedAt: null } })
})

t.test('until when a ticket may be snoozed', async (t) => {
  const ticket = await openTicket()
  const day = 86_400_000
  const cases: [object, number][] = [
    [{ until: new Date(Date.now() - 1_000).toISOString() }, 422],
    [{ until: new Date(Date.now() + 367 * day).toISOString() }, 422],
    [{ until: new Date(Date.now() + day).toISOString(), forMinutes: 5 }, 422],
    [{ until: 'tomorrow' }, 422],
    [{ forMinutes: 0 }, 422],
    [{ forMinutes: 5 }, 200],
    [{ until: new Date(Date.now() + 364 * day).toISOString() }, 200],
    [{}, 200],
  ]
  for (const [body, status] of cases)
    t.equal((await call('POST', at(ticket.id, '/snooze'), { body })).status, status, JSON.stringify(body))
  t.equal((await call('POST', at(ticket.id, '/snooze'), { body: {}, key: ruth.key })).status, 403)
})

t.test('a rule that waits on a deleted ticket does nothing', async (t) => {
  const rule = {
    key: 'wait_then_tag',
    name: 'Tag later',
    on: ['ticket.opened'],
    if: { all: [{ field: 'subject', op: 'contains', value: 'Later' }] },
    after: { seconds: 1 },
    then: [{ action: 'changeTicket', addTags: ['waited'] }],
  }
  t.equal((await call('POST', '/v1/rules', { body: rule })).status, 201)
  const ticket = await openTicket({ subject: 'Later' })
  await call('DELETE', at(ticket.id))
  await db.query({
    text: `update rule_timers set due_at = now(), try_at = now() where ticket_id = $1`,
    values: [ticket.id],
  })
  await ruleTimerWork.round(system, (error) => t.fail(String(error)))
  t.same((await call('GET', at(ticket.id))).body.tags, [])
  t.same((await db.query({ text: 'select 1 from rule_timers where ticket_id = $1', values: [ticket.id] })).rows, [])
})

t.test('a macro is not applied to a deleted ticket, and rules leave it alone', async (t) => {
  const macro = { key: 'tagging', name: 'Tag', actions: [{ action: 'changeTicket', addTags: ['x'] }] }
  t.equal((await call('POST', '/v1/macros', { body: macro })).status, 201)
  const ticket = await openTicket()
  await call('DELETE', at(ticket.id))
  const applied = await call('POST', '/v1/macros/tagging/apply', { body: { ticketId: ticket.id } })
  t.match(applied, { status: 409, body: { code: 'ticket_deleted' } })
  const rule = { key: 'bounced', name: 'Bounced', on: ['mail.bounced'], if: { all: [] }, then: macro.actions }
  t.equal((await call('POST', '/v1/rules', { body: rule })).status, 201)
  const { data } = (await call('GET', `/v1/mail/outbound?ticketId=${ticket.id}`)).body
  await system.execute(recordMailResult, { outboundMailId: data[0].id, outcome: 'failed', response: '550 5.1.1 no' })
  t.same(
    (await call('GET', at(ticket.id, '/rule-runs'))).body.data.filter(
      ({ ruleKey }: { ruleKey: string }) => ruleKey === 'bounced',
    ),
    [],
  )
})
