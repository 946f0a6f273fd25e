import t from 'tap'
import { startDesk } from './support/desk.ts'

const { call, db, graphql, openTicket, person, receive, replyAddress, withoutRules } = await startDesk(t)
await withoutRules()
const agent = await person('agent')
const light = await person('light_agent')

let made = 0
const somebody = () => person('requester', `first-${made++}@people.test`)
const add = (id: string, email: string, key = agent.key) =>
  call('POST', `/v1/people/${id}/emails`, { key, body: { email } })
const remove = (id: string, email: string, key = agent.key) =>
  call('DELETE', `/v1/people/${id}/emails/${encodeURIComponent(email)}`, { key })
const personOf = async (id: string) => (await call('GET', `/v1/people/${id}`)).body
const mail = (from: string, more = '') =>
  `From: ${from}\nTo: support@kontor.localhost\nSubject: Hello\nMessage-ID: <a${made++}@people.test>\n${more}\nHello\n`

t.test('a person has several addresses, and mail from any of them is theirs', async (t) => {
  const ruth = await somebody()
  const added = await add(ruth.id, 'Ruth@Second.test')
  t.match(added, { status: 201, headers: { location: `/v1/people/${ruth.id}`, etag: '"2"' } })
  t.same([added.body.email, added.body.emails], [ruth.email, [ruth.email, 'ruth@second.test']])
  const { rows } = await db.query<{ verified: boolean }>({
    text: 'select verified_at is not null as verified from person_emails where address = $1',
    values: ['ruth@second.test'],
  })
  t.same(rows, [{ verified: true }], 'whoever adds it says that it is theirs')

  const { ticketId } = await receive(mail('ruth@second.test'))
  const ticket = (await call('GET', `/v1/tickets/${ticketId}`)).body
  t.equal(ticket.requesterId, ruth.id, 'a mail opens their ticket')
  t.equal((await openTicket({ requester: { email: 'ruth@second.test' } })).requesterId, ruth.id, 'so does the API')
  const minted = await call('POST', '/v1/auth/requester-tokens', { body: { email: 'ruth@second.test' } })
  t.equal(minted.body.personId, ruth.id)

  await call('POST', `/v1/tickets/${ticketId}/replies`, { key: agent.key, body: { body: 'Off and on?' } })
  const sentTo = async () =>
    (await call('GET', `/v1/mail/outbound?ticketId=${ticketId}`)).body.data.map(({ to }: { to: string }) => to)
  t.same(await sentTo(), [ruth.email], 'mail goes to the first')

  // to the address that the first was written with, from the second
  const rcptTo = await replyAddress(ticketId, ruth.email)
  const answered = await receive(mail('ruth@second.test'), { rcptTo })
  const reply = (await call('GET', `/v1/messages/${answered.messageId}`)).body
  t.match(reply, { ticketId, authorId: ruth.id, held: false, visibility: 'public' }, 'a reply from it is theirs')
  const stranger = await receive(mail('eve@second.test'), { rcptTo })
  t.match((await call('GET', `/v1/messages/${stranger.messageId}`)).body, { held: true }, 'a neighbour is a stranger')
})

t.test('mail goes to the address that is chosen', async (t) => {
  const rob = await somebody()
  await add(rob.id, 'rob@second.test')
  const choose = (email: string, key = agent.key) => call('PATCH', `/v1/people/${rob.id}`, { key, body: { email } })
  t.match(await choose('rob@never.test'), { status: 422, body: { errors: [{ pointer: '/email', code: 'not_found' }] } })
  t.match(await choose('no address'), { status: 422, body: { errors: [{ pointer: '/email', code: 'email' }] } })
  t.match(await choose(agent.email), { status: 422 }, 'another person’s is none of theirs')
  const chosen = await choose('ROB@second.test')
  t.match(chosen, { status: 200, body: { email: 'rob@second.test', version: 3 } })
  t.same(chosen.body.emails, [rob.email, 'rob@second.test'])

  const { id } = await openTicket({ requester: { email: rob.email } })
  await call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { body: 'Off and on?' } })
  const { data } = (await call('GET', `/v1/mail/outbound?ticketId=${id}`)).body
  t.match(data, [{ to: 'rob@second.test' }])

  t.match(await remove(rob.id, 'rob@second.test'), { status: 409, body: { code: 'email_is_primary' } })
  t.match(await remove(rob.id, rob.email), { status: 204 })
  t.same((await personOf(rob.id)).emails, ['rob@second.test'])
  t.match(await remove(rob.id, 'rob@second.test'), { status: 409 }, 'the last one stays')
  t.match(await remove(rob.id, rob.email), { status: 404, body: { code: 'email_not_found' } })
  const { ticketId } = await receive(mail(rob.email))
  t.not((await call('GET', `/v1/tickets/${ticketId}`)).body.requesterId, rob.id, 'mail from it is somebody else’s now')
  const { rows } = await db.query<{ changes: Record<string, unknown> }>({
    text: `select changes from events where object_id = $1 and type = 'person.changed' order by id`,
    values: [rob.id],
  })
  t.same(
    rows.map(({ changes }) => Object.keys(changes)),
    [['emails'], ['email'], ['emails']],
    'every step is told',
  )
})

t.test('an address belongs to one person, whoever is quicker', async (t) => {
  const [ann, ben] = [await somebody(), await somebody()]
  t.match(await add(ann.id, ben.email), { status: 409, body: { code: 'email_taken' } })
  t.match(await add(ann.id, ann.email.toUpperCase()), { status: 409 }, 'not twice either')
  const racing = await Promise.all([ann, ben].map(({ id }) => add(id, 'raced@people.test')))
  t.same(racing.map(({ status }) => status).sort(), [201, 409])
  for (let n = 0; n < 18; n++) await add(ann.id, `many-${n}@people.test`)
  for (const email of ['over-1@people.test', 'over-2@people.test']) await add(ann.id, email)
  t.equal((await personOf(ann.id)).emails.length, 20)
  t.match(await add(ann.id, 'over-3@people.test'), { status: 422, body: { errors: [{ code: 'too_many' }] } })
})

t.test('agents keep the addresses of requesters, admins everybody’s', async (t) => {
  const sue = await somebody()
  const other = await person('agent')
  t.match(await add(other.id, 'mine@people.test'), { status: 403 }, 'nobody takes over a colleague')
  t.match(await call('POST', `/v1/people/${other.id}/emails`, { body: { email: 'admin-says@people.test' } }), {
    status: 201,
  })
  t.match(await remove(other.id, 'admin-says@people.test'), { status: 403 })
  t.match(await add(sue.id, 'light@people.test', light.key), { status: 403 })
  t.match(await add(sue.id, 'self@people.test', sue.key), { status: 403 }, 'nobody says it of themself')
  t.match(await add(agent.id, 'x@people.test', sue.key), { status: 404, body: { code: 'person_not_found' } })
  t.match(await remove(agent.id, agent.email, sue.key), { status: 404 })
  t.same((await personOf(sue.id)).emails, [sue.email])
})

t.test('GraphQL adds, chooses and removes addresses, too', async (t) => {
  const tom = await somebody()
  const step = async (mutation: string) => (await graphql(`mutation { ${mutation} }`, {}, { key: agent.key })).body.data
  const input = `personId: "${tom.id}", email: "tom@second.test"`
  t.same(await step(`addPersonEmail(input: { ${input} }) { emails }`), {
    addPersonEmail: { emails: [tom.email, 'tom@second.test'] },
  })
  t.same(await step(`changePerson(input: { ${input} }) { email }`), { changePerson: { email: 'tom@second.test' } })
  t.same(await step(`removePersonEmail(input: { personId: "${tom.id}", email: "${tom.email}" }) { id }`), {
    removePersonEmail: { id: tom.email },
  })
})
