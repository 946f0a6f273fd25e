import fc from 'fast-check'
import t from 'tap'
import type { Db } from '../src/db/client.ts'
import type { Sql } from '../src/db/statement.ts'
import { ticketsQuery } from '../src/domain/tickets/queries.ts'
import { bareSession } from './support/bare-desk.ts'
import { startDesk } from './support/desk.ts'

// A process keeps the tickets that its lists have shown. What it answers must be what one answers that keeps nothing.

const { db, app, call, openTicket, person, graphql, withoutRules } = await startDesk(t)
await withoutRules()
const agent = await person('agent')

/** What was read, and what to do before the next statement. */
const statements: string[] = []
let meanwhile: (() => Promise<unknown>) | undefined
const watched: Db = {
  ...db,
  async query<R>(statement: Sql<R>) {
    const work = statements.push(statement.text) > 1 ? meanwhile : undefined
    if (work) meanwhile = undefined
    await work?.()
    return db.query(statement)
  },
}
const another = () => bareSession({ db: watched, app })
const shown = (list: { data: readonly object[] }) => JSON.parse(JSON.stringify(list.data))
/** How many statements a list took. */
async function listed(session = another(), sort = 'number') {
  statements.length = 0
  const page = await session.read(ticketsQuery, { sort })
  return { rows: shown(page), statements: statements.length }
}

t.test('what is known is not read again until it is written', async (t) => {
  const ids = [(await openTicket()).id, (await openTicket()).id]
  const session = another()
  const first = await listed(session)
  t.match(first, { rows: [{ id: ids[0] }, { id: ids[1] }], statements: 2 }, 'which they are, and what they say')
  t.same(await listed(session), { ...first, statements: 1 })
  t.same(await listed(session, '-number'), { rows: first.rows.toReversed(), statements: 1 })

  const { body: changed } = await call('PATCH', `/v1/tickets/${ids[1]}`, { body: { subject: 'Another' } })
  t.same(await listed(session), { rows: [first.rows[0], changed], statements: 2 }, 'one of them is read again')
  t.same(await listed(session), { rows: [first.rows[0], changed], statements: 1 })

  await call('DELETE', `/v1/tickets/${ids[1]}`)
  t.same((await listed(session)).rows, [first.rows[0]])
})

t.test('one that changes while it is read is in the list as the list asks for it, or not at all', async (t) => {
  const { id } = await openTicket({ subject: 'Open' })
  const session = another()
  const open = async () => {
    statements.length = 0
    const filters = [{ field: 'subject', op: 'is' as const, values: ['Open'] }]
    return shown(await session.read(ticketsQuery, { filters })).map(({ subject }: { subject: string }) => subject)
  }
  meanwhile = () => call('PATCH', `/v1/tickets/${id}`, { body: { subject: 'Solved' } })
  t.same(await open(), [])
  t.equal(statements.length, 3, 'seen, read, and because it was another by then asked for as a whole')
  await call('PATCH', `/v1/tickets/${id}`, { body: { subject: 'Open' } })
  t.same(await open(), ['Open'])
})

t.test('nobody changes what others hold', async (t) => {
  const { data } = await another().read(ticketsQuery, {})
  const [row] = data
  t.ok(data.length > 0 && data.every(Object.isFrozen))
  t.throws(() => row?.tags?.push('mine'), TypeError)
  t.notOk('priorityRank' in { ...row }, 'what only cursors need is nowhere')
})

t.test('where little is known of what is asked for, lists are read whole, but for one in eight', async (t) => {
  const session = another()
  const writes = async () => db.script('update tickets set version = version')
  const took: number[] = []
  for (let n = 0; n < 200; n++) {
    await writes()
    took.push((await listed(session)).statements)
  }
  t.ok(took.slice(0, 100).every((count) => count === 2))
  const late = took.slice(-40)
  t.equal(late.filter((count) => count === 1).length, 35)
  t.equal(late.filter((count) => count === 2).length, 5)
})

t.test('random writes: every road tells the same', async (t) => {
  const ids: string[] = await Promise.all(Array.from({ length: 6 }, async () => (await openTicket()).id))
  const write = fc.record({
    ticket: fc.nat(ids.length - 1),
    body: fc.oneof(
      fc.record({ subject: fc.constantFrom('A', 'B', 'C') }),
      fc.record({ priority: fc.constantFrom('low', 'high') }),
      fc.record({ tags: fc.constant(['vip', 'printer']) }),
    ),
  })
  const sorts = fc.constantFrom('-priority,number', 'subject', '-updatedAt', 'number')
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 4 }), sorts, async (writes, sort) => {
      for (const { ticket, body } of writes) await call('PATCH', `/v1/tickets/${ids[ticket]}`, { body, key: agent.key })
      const pages = []
      for (let after: string | null = ''; after !== null; ) {
        const cursor: string = after && `&after=${after}`
        const { body } = await call('GET', `/v1/tickets?sort=${sort}&limit=2${cursor}`, { key: agent.key })
        pages.push(...body.data)
        after = body.nextCursor
      }
      const single = await Promise.all(
        pages.map(async ({ id }) => (await call('GET', `/v1/tickets/${id}`, { key: agent.key })).body),
      )
      t.same(pages, single, 'lists and single tickets')
      t.equal(new Set(pages.map(({ id }) => id)).size, pages.length)
      const { body } = await graphql(
        '{ tickets(first: 50, sort: "number") { nodes { id subject priority tags version } } }',
      )
      for (const node of body.data.tickets.nodes) {
        const { id, subject, priority, tags, version } = pages.find((page) => page.id === node.id) ?? {}
        t.same(node, { id, subject, priority, tags, version })
      }
    }),
    { numRuns: 20 },
  )
})
