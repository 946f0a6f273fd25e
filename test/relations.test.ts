import t from 'tap'
import { startDesk } from './support/desk.ts'

const { app, call, graphql, openTicket, person } = await startDesk(t)

const setParent = (id: string, parentId: string | null, headers = {}) =>
  call('PUT', `/v1/tickets/${id}/parent`, { body: { parentId }, headers })
const link = (id: string, kind: string, toId: string) =>
  call('POST', `/v1/tickets/${id}/links`, { body: { kind, toId } })
const linksOf = async (id: string) =>
  (await call('GET', `/v1/tickets/${id}/links`)).body.data.map(
    ({ kind, fromId, toId }: { kind: string; fromId: string; toId: string }) => [kind, fromId, toId],
  )
const childrenOf = async (id: string, key?: string) =>
  (await call('GET', `/v1/tickets/${id}/children`, key ? { key } : {})).body.data?.map(({ id }: { id: string }) => id)
const eventsOf = async (type: string) => {
  await app.relay.drain()
  return (await call('GET', `/v1/events?types=${type}&limit=100`)).body.data
}

t.test('a ticket is opened as a part of another, becomes one, and is none again', async (t) => {
  const parent = await openTicket({ subject: 'New office' })
  const desks = await openTicket({ subject: 'Desks', parentId: String(parent.number) })
  const lamps = await openTicket({ subject: 'Lamps' })
  t.equal(desks.parentId, parent.id)
  const moved = await setParent(lamps.id, parent.id)
  t.match(moved, { status: 200, body: { parentId: parent.id, version: lamps.version + 1 } })
  t.same(await childrenOf(parent.number), [lamps.id, desks.id], 'the newest first')
  t.equal((await call('GET', `/v1/tickets?parentId=${parent.id}`)).status, 200)
  const answer = await graphql(`{ children(ticketId: "${parent.id}") { nodes { id parentId } } }`)
  t.same(answer.body.data.children.nodes, [
    { id: lamps.id, parentId: parent.id },
    { id: desks.id, parentId: parent.id },
  ])
  const [event] = (await eventsOf('ticket.changed')).filter(
    ({ ticketId }: { ticketId: string }) => ticketId === lamps.id,
  )
  t.same(event.changes, { parentId: { from: null, to: parent.id } })

  t.equal((await setParent(lamps.id, parent.id)).body.version, lamps.version + 1, 'as it is already: nothing happens')
  t.match(await setParent(lamps.id, null), { status: 200, body: { parentId: null } })
  t.same(await childrenOf(parent.id), [desks.id])
})

t.test('no ticket is a part of itself, at any remove, and trees end', async (t) => {
  const chain = [await openTicket({ subject: 'Level 1' })]
  for (let level = 2; level <= 10; level++)
    chain.push(await openTicket({ subject: `Level ${level}`, parentId: chain.at(-1).id }))
  const [root, second] = chain
  const deepest = chain.at(-1)
  for (const [id, parentId] of [
    [root.id, root.id],
    [root.id, deepest.id],
    [second.id, deepest.id],
  ])
    t.match(await setParent(id, parentId), {
      status: 422,
      body: { code: 'invalid_input', errors: [{ pointer: '/parentId', code: 'cycle' }] },
    })
  const tooDeep = { errors: [{ pointer: '/parentId', code: 'too_deep' }] }
  const opened = await call('POST', '/v1/tickets', {
    body: { subject: 'Level 11', body: 'x', requester: { email: 'r@example.com' }, parentId: deepest.id },
  })
  t.match(opened, { status: 422, body: tooDeep })
  const other = await openTicket({ subject: 'Above' })
  t.match(await setParent(root.id, other.id), { status: 422, body: tooDeep })
  t.match(await setParent(second.id, other.id), { status: 200 }, 'one level less fits')
  t.match(await setParent(other.id, 'tkt_nothing'), { status: 422, body: { errors: [{ code: 'not_found' }] } })
  t.match(await setParent('999999999', other.id), { status: 404, body: { code: 'ticket_not_found' } })
})

t.test('of moves at once that would make a ring one is refused', async (t) => {
  for (let round = 0; round < 5; round++) {
    const ring = await Promise.all(['a', 'b', 'c'].map((subject) => openTicket({ subject })))
    const moves = await Promise.all(ring.map(({ id }, n) => setParent(id, ring[(n + 1) % 3].id)))
    t.same(moves.map(({ status }) => status).sort(), [200, 200, 422])
  }
})

t.test('a stale version is refused where the parent has changed since', async (t) => {
  const [one, two] = await Promise.all(['One', 'Two'].map((subject) => openTicket({ subject })))
  const ticket = await openTicket({ subject: 'Moving' })
  await setParent(ticket.id, one.id)
  const stale = await setParent(ticket.id, two.id, { 'if-match': `"${ticket.version}"` })
  t.match(stale, { status: 412, body: { code: 'version_conflict', fields: ['parentId'] } })
})

t.test('links stand on both tickets, once, and are taken away from either', async (t) => {
  const [cause, effect] = await Promise.all(['Cut cable', 'No net'].map((subject) => openTicket({ subject })))
  const made = await link(cause.id, 'causes', String(effect.number))
  t.match(made, { status: 201, body: { kind: 'causes', fromId: cause.id, toId: effect.id } })
  t.match(await link(cause.id, 'causes', effect.id), { status: 409, body: { code: 'already_linked' } })
  t.match(await link(effect.id, 'causes', cause.id), { status: 201 }, 'the other way is another statement')
  t.match(await link(cause.id, 'relates', effect.id), { status: 201 })
  t.match(await link(effect.id, 'relates', cause.id), { status: 409 }, 'without direction both ways are one')
  t.match(await link(cause.id, 'relates', cause.id), { status: 422, body: { errors: [{ pointer: '/toId' }] } })
  t.match(await link(cause.id, 'relates', 'tkt_nothing'), { status: 422, body: { errors: [{ code: 'not_found' }] } })
  const all = await linksOf(cause.id)
  t.equal(all.length, 3)
  t.same(await linksOf(effect.id), all)
  const viaGraph = await graphql(`{ links(ticketId: "${effect.number}") { kind fromId toId } }`)
  t.same(
    viaGraph.body.data.links.map((row: Record<string, string>) => [row.kind, row.fromId, row.toId]),
    all,
  )

  const told = (await eventsOf('ticket.linked')).filter(
    ({ data }: { data: { linkId: string } }) => data.linkId === made.body.id,
  )
  t.same(
    told.map(({ ticketId }: { ticketId: string }) => ticketId),
    [cause.id, effect.id],
  )
  const away = `/v1/tickets/${effect.id}/links/${made.body.id}`
  t.equal((await call('DELETE', away)).status, 204)
  t.match(await call('DELETE', away), { status: 404, body: { code: 'link_not_found' } })
  t.equal((await linksOf(cause.id)).length, 2)
  t.equal((await eventsOf('ticket.unlinked')).length, 2)
})

t.test('of equal links at once one is made', async (t) => {
  const [one, two] = await Promise.all(['One', 'Two'].map((subject) => openTicket({ subject })))
  const answers = await Promise.all([
    link(one.id, 'relates', two.id),
    link(two.id, 'relates', one.id),
    link(one.id, 'relates', two.id),
  ])
  t.same(answers.map(({ status }) => status).sort(), [201, 409, 409])
})

t.test('requesters see parts that are their own, no links, and change neither', async (t) => {
  const ruth = await person('requester', 'ruth@parts.test')
  const requester = { email: ruth.email }
  const parent = await openTicket({ requester })
  const own = await openTicket({ requester, parentId: parent.id })
  await openTicket({ parentId: parent.id })
  t.same(await childrenOf(parent.id, ruth.key), [own.id])
  const foreign = await openTicket()
  t.equal((await call('GET', `/v1/tickets/${foreign.id}/children`, { key: ruth.key })).status, 404)
  t.equal((await call('GET', `/v1/tickets/${parent.id}/links`, { key: ruth.key })).status, 403)
  const moved = await call('PUT', `/v1/tickets/${own.id}/parent`, { key: ruth.key, body: { parentId: null } })
  t.match(moved, { status: 403, body: { code: 'forbidden' } })
  const body = { kind: 'blocks', toId: parent.id }
  t.equal((await call('POST', `/v1/tickets/${own.id}/links`, { key: ruth.key, body })).status, 403)
  t.equal((await call('POST', `/v1/tickets/${foreign.id}/links`, { key: ruth.key, body })).status, 404)
  const part = { subject: 'Mine', body: 'x', parentId: foreign.id }
  t.equal((await call('POST', '/v1/tickets', { key: ruth.key, body: part })).status, 403)
})
