import t from 'tap'
import { startDesk } from './support/desk.ts'

const { app, call, graphql, openTicket, person, withoutRules } = await startDesk(t)
await withoutRules()

const next = (key: string, body: object = {}) => call('POST', '/v1/tickets/next', { key, body })
const isEmpty = { status: 409, body: { code: 'queue_empty' } }

t.test('the most urgent comes first, of equals the one that waits longest', async (t) => {
  const agent = await person('agent')
  const subjects = ['first', 'second', 'urgent', 'third']
  for (const subject of subjects) await openTicket({ subject, priority: subject === 'urgent' ? 'urgent' : 'normal' })
  await openTicket({ subject: 'waits for somebody else', status: 'on_hold', priority: 'urgent' })
  const taken = []
  for (const _ of subjects) taken.push((await next(agent.key)).body)
  t.same(
    taken.map(({ subject, assigneeId }) => [subject, assigneeId]),
    ['urgent', 'first', 'second', 'third'].map((subject) => [subject, agent.id]),
  )
  t.match(await next(agent.key), isEmpty)
  await app.relay.drain()
  const { body } = await call('GET', '/v1/events?types=ticket.assigned&limit=100')
  t.match(body.data.at(-1), { ticketId: taken.at(-1)?.id, data: { assigneeId: agent.id, strategy: 'next' } })
})

t.test('a team has its queue; without one it is those of the own teams, and what belongs to none', async (t) => {
  const agent = await person('agent')
  const [ours, theirs] = await Promise.all(
    ['Ours', 'Theirs'].map(async (name) => (await call('POST', '/v1/teams', { body: { name } })).body),
  )
  await call('PATCH', `/v1/teams/${ours.id}`, { body: { memberIds: [agent.id] } })
  const foreign = await openTicket({ teamId: theirs.id })
  t.match(await next(agent.key), isEmpty, 'another team’s is not theirs')
  const own = await openTicket({ teamId: ours.id })
  const loose = await openTicket()
  t.equal((await next(agent.key)).body.id, own.id)
  t.equal((await next(agent.key)).body.id, loose.id)
  t.match(await next(agent.key), isEmpty)
  const asked = await graphql(
    'mutation ($teamId: ID) { takeNextTicket(input: { teamId: $teamId }) { id assigneeId } }',
    { teamId: theirs.id },
    { key: agent.key },
  )
  t.same(asked.body.data.takeNextTicket, { id: foreign.id, assigneeId: agent.id }, 'unless it is asked for')
  const unknown = { status: 422, body: { errors: [{ pointer: '/teamId', code: 'not_found' }] } }
  t.match(await next(agent.key, { teamId: 'tea_none' }), unknown)
})

t.test('of several who ask at once each gets another one', async (t) => {
  const agents = await Promise.all(Array.from({ length: 4 }, () => person('agent')))
  const opened = await Promise.all(Array.from({ length: 12 }, () => openTicket()))
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => next(agents[n % 4]?.key ?? '')))
  const taken = answers.filter(({ status }) => status === 200).map(({ body }) => body.id)
  t.same(taken.sort(), opened.map(({ id }) => id).sort())
  for (const answer of answers.filter(({ status }) => status !== 200)) t.match(answer, isEmpty)
})

t.test('who may not be assigned gets nothing', async (t) => {
  const ticket = await openTicket()
  const light = await person('light_agent')
  const ruth = await person('requester')
  const outside = (await person('admin')) as { id: string; key: string }
  await call('PATCH', `/v1/people/${outside.id}`, { body: { supportTeam: false } })
  t.match(await next(light.key), { status: 403 })
  t.match(await next(ruth.key), { status: 403 })
  t.match(await next(outside.key), { status: 422, body: { code: 'not_assignable' } })
  t.equal((await call('GET', `/v1/tickets/${ticket.id}`)).body.assigneeId, null)
})
