import t from 'tap'
import { type Candidate, choose, type Turns } from '../src/domain/workload/decide.ts'
import { startDesk } from './support/desk.ts'

const FRESH: Turns = { lastPersonId: null, among: '', served: {} }
const candidate = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  capacity: null,
  weight: 1,
  unresolved: 0,
  isAbsent: false,
  substituteId: null,
  ...more,
})

/** So many turns one after another, who had each, and the turns as they stand then. */
function run(members: Candidate[], count: number, from = FRESH): { had: string[]; turns: Turns } {
  let turns = from
  const had = Array.from({ length: count }, () => {
    const choice = choose('round_robin', { members, all: members, turns, lastAgentId: null })
    if (choice.personId === undefined) return 'nobody'
    turns = choice.turns
    return choice.personId
  })
  return { had, turns }
}
const shareOf = (had: string[], id: string): number => had.filter((each) => each === id).length

t.test('turns are even, weighted by weights, and nobody makes up for a holiday', async (t) => {
  const [a, b, c] = [candidate('per_a'), candidate('per_b'), candidate('per_c')]
  t.same(run([a, b, c], 7).had, ['per_a', 'per_b', 'per_c', 'per_a', 'per_b', 'per_c', 'per_a'])

  const weighted = run([candidate('per_a', { weight: 3 }), b, candidate('per_c', { weight: 2 })], 60).had
  t.same(
    ['per_a', 'per_b', 'per_c'].map((id) => shareOf(weighted, id)),
    [30, 10, 20],
  )
  const first = weighted.slice(0, 6)
  t.same(
    [3, 1, 2],
    ['per_a', 'per_b', 'per_c'].map((id) => shareOf(first, id)),
    'in each round, not at its end',
  )

  const alone = run([a, b], 41)
  const away = run([a], 10, alone.turns)
  const back = run([a, b], 20, away.turns)
  t.same([shareOf(back.had, 'per_a'), shareOf(back.had, 'per_b')], [10, 10])
  for (let phase = 0, { turns } = run([a, b, c], 5); phase < 20; phase++) {
    const members = [a, b, c].filter((_, n) => phase % 4 !== n)
    const next = run(members, 3 + phase, turns)
    const shares = members.map(({ id }) => shareOf(next.had, id))
    t.ok(Math.max(...shares) - Math.min(...shares) <= 1, `phase ${phase}: ${shares}`)
    turns = next.turns
  }
})

t.test('who is full or away is passed over, and who stands in takes their turns', async (t) => {
  const [full, free] = [
    candidate('per_a', { capacity: 2, unresolved: 2 }),
    candidate('per_b', { capacity: 2, unresolved: 1 }),
  ]
  t.same(run([full, free], 3).had, ['per_b', 'per_b', 'per_b'])
  const absent = candidate('per_c', { isAbsent: true, substituteId: 'per_b' })
  t.same(run([candidate('per_a'), free, absent], 6).had, ['per_a', 'per_b', 'per_b', 'per_a', 'per_b', 'per_b'])
  const outside = candidate('per_z', { unresolved: 1 })
  const asked = {
    members: [candidate('per_c', { isAbsent: true, substituteId: 'per_z' })],
    turns: FRESH,
    lastAgentId: null,
  }
  t.match(choose('round_robin', { ...asked, all: [...asked.members, outside] }), {
    personId: 'per_z',
    reason: /stands in for per_c/,
  })
  t.match(choose('least_loaded', { ...asked, all: asked.members }), {
    reason: 'nobody has room: 1 absent, 0 with as many tickets as they take',
  })
  t.match(choose('sticky', { members: [], all: [], turns: FRESH, lastAgentId: null }), { reason: /nobody here/ })
})

const { app, call, graphql, openTicket, person, withoutRules } = await startDesk(t)
await withoutRules()

const assign = (id: string, body: object) => call('PUT', `/v1/tickets/${id}/assignment`, { body })
const makeTeam = async (size: number) => {
  const members = []
  for (let n = 0; n < size; n++) members.push(await person('agent'))
  const { id } = (
    await call('POST', '/v1/teams', { body: { name: 'A team', memberIds: members.map((one) => one.id) } })
  ).body
  return { id, members: members.sort((a, b) => (a.id < b.id ? -1 : 1)) }
}
const reasonOf = async (ticketId: string) => {
  await app.relay.drain()
  const { body } = await call('GET', '/v1/events?types=ticket.assigned&limit=100')
  return body.data.findLast((event: { ticketId: string }) => event.ticketId === ticketId)?.data.reason
}

t.test('least loaded: who has the fewest unresolved tickets for their weight', async (t) => {
  const { id: teamId, members } = await makeTeam(2)
  const [strong, weak] = members
  if (!strong || !weak) throw new Error('two were made')
  t.match(await call('PATCH', `/v1/people/${strong.id}/workload`, { body: { weight: 2 } }), {
    status: 200,
    body: { personId: strong.id, weight: 2, capacity: null, unresolved: 0, absentUntil: null, version: 2 },
  })
  const owners: string[] = []
  for (let n = 0; n < 9; n++) {
    const { id } = await openTicket()
    owners.push((await assign(id, { teamId, strategy: 'least_loaded' })).body.assigneeId)
    if (n === 0) t.match(await reasonOf(id), /^least_loaded: 0 unresolved, weight 2; of 2 who could$/)
  }
  t.same(
    [6, 3],
    [strong.id, weak.id].map((id) => shareOf(owners, id)),
  )
  for (const ticket of (await call('GET', `/v1/tickets?assigneeId=${strong.id}&limit=5`)).body.data)
    await call('PATCH', `/v1/tickets/${ticket.id}`, { body: { status: 'closed' } })
  const { id } = await openTicket()
  t.equal(
    (await assign(id, { teamId, strategy: 'least_loaded' })).body.assigneeId,
    strong.id,
    'what is closed is no load',
  )
})

t.test('sticky: the last agent of this requester, else by turns', async (t) => {
  const { id: teamId, members } = await makeTeam(3)
  const known = members[2]?.id ?? ''
  const requester = { email: 'faithful@example.com' }
  const first = await openTicket({ requester })
  await assign(first.id, { assigneeId: known })
  const second = await openTicket({ requester })
  t.equal((await assign(second.id, { teamId, strategy: 'sticky' })).body.assigneeId, known)
  t.match(await reasonOf(second.id), /^sticky: had the last ticket/)
  const strange = await openTicket({ requester: { email: 'new@example.com' } })
  t.equal((await assign(strange.id, { teamId, strategy: 'sticky' })).body.assigneeId, members[0]?.id)
  t.match(await reasonOf(strange.id), /^sticky: nobody had one before/)
  await call('PATCH', `/v1/people/${known}/workload`, { body: { capacity: 0 } })
  const third = await openTicket({ requester })
  t.not((await assign(third.id, { teamId, strategy: 'sticky' })).body.assigneeId, known, 'who has no room')
})

t.test('absences: past whoever is away, or to the one who stands in', async (t) => {
  const { id: teamId, members } = await makeTeam(2)
  const [away, here] = members
  const other = await person('agent')
  if (!away || !here) throw new Error('two were made')
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const past = new Date(Date.now() - 3_600_000).toISOString()
  const add = (body: object, key = away.key, id = away.id) => call('POST', `/v1/people/${id}/absences`, { key, body })
  const absence = await add({ startsAt: past, endsAt: soon, note: 'At the sea' })
  t.match(absence, { status: 201, body: { id: /^abs_/, personId: away.id, substituteId: null } })
  const turn = async () => (await assign((await openTicket()).id, { teamId, strategy: 'round_robin' })).body.assigneeId
  t.same([await turn(), await turn()], [here.id, here.id])
  t.match((await call('GET', `/v1/people/${away.id}/workload`)).body, { absentUntil: soon })
  t.equal((await call('DELETE', `/v1/people/${away.id}/absences/${absence.body.id}`, { key: away.key })).status, 204)
  t.same(new Set([await turn(), await turn()]), new Set([away.id, here.id]))

  await add({ startsAt: past, endsAt: soon, substituteId: other.id })
  const owners = [await turn(), await turn(), await turn(), await turn()]
  t.same([shareOf(owners, here.id), shareOf(owners, other.id)], [2, 2], 'somebody of another team')
  const { id } = await openTicket()
  t.equal((await assign(id, { assigneeId: away.id })).body.assigneeId, away.id, 'by hand anybody')
  await call('PATCH', `/v1/people/${here.id}/workload`, { body: { capacity: 0 } })
  await call('PATCH', `/v1/people/${other.id}/workload`, { body: { capacity: 0 } })
  t.match(await assign(id, { teamId, strategy: 'round_robin' }), {
    status: 422,
    body: { code: 'not_assignable', detail: 'nobody has room: 1 absent, 1 with as many tickets as they take' },
  })

  for (const [body, code] of [
    [{ startsAt: soon, endsAt: past }, 'range'],
    [{ startsAt: past, endsAt: soon, substituteId: away.id }, 'self'],
    [{ startsAt: past, endsAt: soon, substituteId: 'per_nobody' }, 'not_found'],
  ] as const)
    t.match(await add(body), { status: 422, body: { errors: [{ code }] } })
  t.equal((await add({ startsAt: past, endsAt: soon }, here.key)).status, 403, 'of somebody else')
  t.equal((await call('PATCH', `/v1/people/${here.id}/workload`, { key: here.key, body: { weight: 9 } })).status, 403)
  const { key: requester } = await person('requester')
  t.equal((await call('GET', `/v1/people/${here.id}/absences`, { key: requester })).status, 403)
  const answer = await graphql(
    'query ($id: ID!) { workload(personId: $id) { capacity weight } absences(personId: $id) { substituteId } }',
    {
      id: away.id,
    },
  )
  t.same(answer.body.data, { workload: { capacity: null, weight: 1 }, absences: [{ substituteId: other.id }] })
})

t.test('of many at once each sees the choices before it', async (t) => {
  const { id: teamId, members } = await makeTeam(3)
  for (const strategy of ['least_loaded', 'round_robin']) {
    const tickets = await Promise.all(Array.from({ length: 12 }, () => openTicket()))
    const owners = await Promise.all(
      tickets.map(async ({ id }) => (await assign(id, { teamId, strategy })).body.assigneeId),
    )
    t.same(
      members.map(({ id }) => shareOf(owners, id)),
      [4, 4, 4],
      strategy,
    )
  }
})
