import { setTimeout } from 'node:timers/promises'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { Type } from 'typebox'
import { build, prepare, prepareLock, prepareSql, rowOf, type Sql } from '../src/db/statement.ts'
import { teamMembers, teams } from '../src/domain/people/table.ts'
import { bumpVocabulary } from '../src/kernel/bump.ts'
import { defineCommand, type SubjectContext } from '../src/kernel/desk.ts'
import { newId } from '../src/kernel/ids.ts'
import { Problem } from '../src/kernel/problems.ts'
import { Closed } from '../src/kernel/schema.ts'
import { bareSession } from './support/bare-desk.ts'
import { onPostgres } from './support/database.ts'
import { startDesk } from './support/desk.ts'

const { db, app, call, openTicket } = await startDesk(t)

/** How many statements each commit without locks had. */
const written: number[] = []
const counting = {
  ...db,
  write: (statements: readonly Sql[]) => {
    written.push(statements.length)
    return db.write(statements)
  },
}
const session = bareSession({ db: counting, app })

const teamRow = (id: string) => {
  const now = new Date().toISOString()
  return { id, name: 'T', version: 1, createdAt: now, updatedAt: now }
}
const versionOf = async (id: string) => (await db.query(plain.bind({ id }))).rows[0]?.version

const locking = prepareLock<{ id: string }>()(teams, ($) =>
  build.select(rowOf(teams)).from(teams).where(eq(teams.id, $.id)),
)
const plain = prepare<{ id: string }>()(($) => build.select(rowOf(teams)).from(teams).where(eq(teams.id, $.id)))
const countTeams = { text: 'select count(*)::int as count from teams', values: [] }
const lockingOtherwise = prepareSql<{ id: string }, { id: string }>()(
  ($) => sql`select id from teams where id = ${$.id} for update`,
)

/** How often `found` was asked for, and what to wait for before the first answer goes on. */
let asked = 0
let interruption: (() => Promise<void>) | undefined

async function interrupted(): Promise<void> {
  asked++
  const work = interruption
  interruption = undefined
  await work?.()
}

const addTeamOf = defineCommand({
  name: 'addTeamOf',
  group: 'people',
  input: Closed({ id: Type.String(), member: Type.Optional(Type.String()) }),
  runsUnlocked: () => true,
  constraints: { team_members_person_id_people_id_fk: 'person_not_found' },
  subject: async () => null,
  refuse: () => undefined,
  handle({ insert }, { id, member }) {
    insert(teams, teamRow(id))
    if (member !== undefined) insert(teamMembers, { teamId: id, personId: member })
  },
})

/** A value with a ring in it cannot be written as JSON. */
const addOddTeam = defineCommand({
  name: 'addOddTeam',
  group: 'people',
  input: Closed({ id: Type.String(), isOdd: Type.Boolean() }),
  runsUnlocked: () => true,
  subject: async () => null,
  refuse: () => undefined,
  handle({ insert, enqueue }, { id, isOdd }) {
    insert(teams, teamRow(id))
    const data: { inboundMailId: string; self?: unknown } = { inboundMailId: 'inm_none' }
    if (isOdd) data.self = data
    enqueue({ queue: 'mail.parse', data })
  },
})

const addTeams = defineCommand({
  name: 'addTeams',
  group: 'people',
  input: Closed({ ids: Type.Array(Type.String()) }),
  runsUnlocked: () => true,
  subject: async () => null,
  refuse: () => undefined,
  handle({ insert }, { ids }) {
    for (const id of ids) insert(teams, teamRow(id))
  },
})

/** Changes what is given. */
const changeTeam = defineCommand({
  name: 'changeTeam',
  group: 'people',
  input: Closed({ id: Type.String(), name: Type.Optional(Type.String()), version: Type.Optional(Type.Integer()) }),
  runsUnlocked: () => true,
  subject: (context, { id }) => found(context, id, 'watched'),
  refuse: () => undefined,
  handle: ({ update }, { id: _, ...changes }, team) => update(teams, team, changes),
})

type How = 'watched' | 'unwatched' | 'locked'
const found = async ({ tx }: SubjectContext, id: string, how: How) => {
  if (how === 'locked') await tx.query(lockingOtherwise.bind({ id }))
  const { rows } = await tx.query((how === 'watched' ? locking : plain).bind({ id }))
  await interrupted()
  const [row] = rows
  if (!row) throw new Problem('team_not_found')
  return row
}

/** Counts in a team's version. */
const countUp = defineCommand({
  name: 'countUp',
  group: 'people',
  input: Closed({ id: Type.String(), how: Type.Enum(['watched', 'unwatched', 'locked']) }),
  runsUnlocked: () => true,
  subject: (context, { id, how }) => found(context, id, how),
  refuse: () => undefined,
  handle: ({ update }, _input, team) => update(teams, team, { version: team.version + 1 }),
})

t.test('what comes together shares a commit, and what fails costs the others nothing', async (t) => {
  written.length = 0
  const ids = Array.from({ length: 14 }, () => newId('tea'))
  const ends = await Promise.allSettled(
    ids.map((id, n) => session.execute(addTeamOf, n === 5 ? { id, member: 'per_nobody' } : { id })),
  )
  t.same(
    ends.map(({ status }) => status),
    ids.map((_, n) => (n === 5 ? 'rejected' : 'fulfilled')),
  )
  t.match(ends[5], { reason: { code: 'person_not_found' } })
  const versions = await Promise.all(ids.map(versionOf))
  t.same(
    versions,
    ids.map((_, n) => (n === 5 ? undefined : 1)),
  )

  written.length = 0
  await Promise.all(ids.map(() => session.execute(addTeamOf, { id: newId('tea') })))
  t.ok(written.length < ids.length, 'fewer commits than commands')
})

t.test('commands with few and with many rows share a statement, and none is lost or made up', async (t) => {
  const lists = [1, 2, 3, 5, 1, 65, 70].map((count) => Array.from({ length: count }, () => newId('tea')))
  const before = (await db.query<{ count: number }>(countTeams)).rows[0]?.count ?? 0
  written.length = 0
  await Promise.all(lists.map((ids) => session.execute(addTeams, { ids })))
  t.ok(written.length < lists.length, 'fewer commits than commands')
  t.same(new Set(written), new Set([1]), 'each of one statement')
  const ids = lists.flat()
  t.same(
    await Promise.all(ids.map(versionOf)),
    ids.map(() => 1),
  )
  t.equal((await db.query<{ count: number }>(countTeams)).rows[0]?.count, before + ids.length)
})

t.test('changes of different columns share a statement, and leave the others as they are', async (t) => {
  const ids = Array.from({ length: 5 }, () => newId('tea'))
  await session.execute(addTeams, { ids })
  const changes = [{ name: 'A' }, { version: 7 }, { name: 'B', version: 8 }, { version: 9 }, { name: 'C' }]
  written.length = 0
  await Promise.all(ids.map((id, n) => session.execute(changeTeam, { id, ...changes[n] })))
  t.ok(written.length < ids.length, 'fewer commits than commands')
  t.same(new Set(written), new Set([1]), 'each of one statement')
  const rows = await Promise.all(ids.map(async (id) => (await db.query(plain.bind({ id }))).rows[0]))
  t.match(
    rows,
    changes.map((one) => ({ name: 'T', version: 1, ...one })),
  )
})

t.test('a row that has changed since it was read is read again, under a lock', async (t) => {
  const id = newId('tea')
  await session.execute(addTeamOf, { id })
  asked = 0
  interruption = () => db.script(`update teams set version = 40 where id = '${id}'`)
  await session.execute(countUp, { id, how: 'watched' })
  t.equal(await versionOf(id), 41)
  t.equal(asked, 2)
})

t.test('a row that is gone since it was read is missed', async (t) => {
  const id = newId('tea')
  await session.execute(addTeamOf, { id })
  interruption = () => db.script(`delete from teams where id = '${id}'`)
  await t.rejects(session.execute(countUp, { id, how: 'watched' }), { code: 'team_not_found' })
})

t.test('what was decided by another configuration is decided again', async (t) => {
  const id = newId('tea')
  await session.execute(addTeamOf, { id })
  await session.execute(countUp, { id, how: 'watched' })
  asked = 0
  interruption = () => bumpVocabulary(db)
  await session.execute(countUp, { id, how: 'watched' })
  t.same([asked, await versionOf(id)], [2, 3])
  asked = 0
  await session.execute(countUp, { id, how: 'watched' })
  t.same([asked, await versionOf(id)], [1, 4], 'and the new one is known from then on')
})

t.test('a command that locks otherwise, or changes what it has not watched, gets its transaction', async (t) => {
  for (const how of ['locked', 'unwatched'] as const) {
    const id = newId('tea')
    await session.execute(addTeamOf, { id })
    written.length = 0
    await session.execute(countUp, { id, how })
    t.same([written, await versionOf(id)], [[], 2], how)
  }
})

t.test('a value that cannot be written is the fault of one command', async (t) => {
  const ids = Array.from({ length: 4 }, () => newId('tea'))
  const ends = await Promise.allSettled(ids.map((id, n) => session.execute(addOddTeam, { id, isOdd: n === 2 })))
  t.same(
    ends.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  )
  t.same(await Promise.all(ids.map(versionOf)), [1, 1, undefined, 1])
})

t.test('a row that somebody holds holds up nobody else', { skip: !onPostgres }, async (t) => {
  const ids = Array.from({ length: 4 }, () => newId('tea'))
  await Promise.all(ids.map((id) => session.execute(addTeamOf, { id })))
  const [held = '', ...others] = ids
  let blocked: Promise<unknown> | undefined
  await db.transaction(async (tx) => {
    await tx.query(lockingOtherwise.bind({ id: held }))
    blocked = session.execute(countUp, { id: held, how: 'watched' })
    await Promise.all(others.map((id) => session.execute(countUp, { id, how: 'watched' })))
    t.same(await Promise.all(others.map(versionOf)), [2, 2, 2], 'while it is held')
    await tx.commit()
  })
  await blocked
  t.equal(await versionOf(held), 2)
})

t.test('connections that break end neither the process nor what comes after', { skip: !onPostgres }, async (t) => {
  const ids = Array.from({ length: 40 }, () => newId('tea'))
  const running = ids.map(async (id, n) => {
    await setTimeout(n * 2)
    await session.execute(addTeamOf, { id })
    return session.execute(countUp, { id, how: 'watched' })
  })
  // some end before the statement that breaks them
  const ended = Promise.allSettled(running)
  await setTimeout(20)
  await db
    .script(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()`)
    .catch(() => {})
  const ends = await ended
  t.ok(ends.some(({ status }) => status === 'fulfilled'))
  for (const [n, { status }] of ends.entries())
    if (status === 'fulfilled') t.equal(await versionOf(ids[n] ?? ''), 2, 'what was answered for is there')
  const id = newId('tea')
  await session.execute(addTeamOf, { id })
  await session.execute(countUp, { id, how: 'watched' })
  t.equal(await versionOf(id), 2)
})

t.test('nobody is overtaken: each of many who count at once is counted', async (t) => {
  const ids = Array.from({ length: 3 }, () => newId('tea'))
  await Promise.all(ids.map((id) => session.execute(addTeamOf, { id })))
  await Promise.all(
    Array.from({ length: 60 }, (_, n) => session.execute(countUp, { id: ids[n % 3] ?? '', how: 'watched' })),
  )
  t.same(await Promise.all(ids.map(versionOf)), [21, 21, 21])
})

// `before` leaves out what has not changed: two replies may fall into one millisecond
const chain = prepareSql<{ ticketId: string }, { before: string; after: string }>()(
  (
    $,
  ) => sql`select coalesce(facts->'before'->>'lastMessageAt', facts->'ticket'->>'lastMessageAt') as before, facts->'ticket'->>'lastMessageAt' as after
    from feed join events on events.id = feed.event_id
    where ticket_id = ${$.ticketId} and type = 'ticket.replied' order by sequence`,
)

t.test('replies that come at once stand one behind the other, in the feed too', async (t) => {
  const tickets = await Promise.all(['one', 'two'].map((subject) => openTicket({ subject })))
  const replies = Array.from({ length: 40 }, (_, n) =>
    call('POST', `/v1/tickets/${tickets[n % 2]?.id}/replies`, { body: { body: `Reply ${n}` } }),
  )
  for (const { status } of await Promise.all(replies)) t.equal(status, 201)
  await app.relay.drain()
  for (const { id } of tickets) {
    const { rows } = await db.query(chain.bind({ ticketId: id }))
    t.equal(rows.length, 20)
    for (const [n, { before }] of rows.entries())
      if (n > 0) t.equal(before, rows[n - 1]?.after, 'each began where the one before it ended')
  }
})
