import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Type } from 'typebox'
import { DirectoryLocked, lockDirectory } from '../src/db/lock.ts'
import { people, personEmails, teamMembers, teams } from '../src/domain/people/table.ts'
import { vocabulary } from '../src/domain/types/store.ts'
import { check, faultsOf } from '../src/kernel/check.ts'
import { defineQuery } from '../src/kernel/desk.ts'
import { events, feedPending } from '../src/kernel/events.ts'
import { base32, newId } from '../src/kernel/ids.ts'
import { outbox } from '../src/kernel/jobs.ts'
import { nearest } from '../src/kernel/nearest.ts'
import { Problem, problemOf } from '../src/kernel/problems.ts'
import { Closed, Nullable } from '../src/kernel/schema.ts'
import { WriteSet } from '../src/kernel/write-set.ts'
import { bareSession } from './support/bare-desk.ts'
import { onPostgres } from './support/database.ts'
import { startDesk } from './support/desk.ts'

const now = '2026-11-22T10:00:00.120Z'
const somebody = (id: string) => ({
  id,
  name: null,
  email: `${id}@example.com`,
  emails: [`${id}@example.com`, 'a"b,{}\\'],
  role: 'requester' as const,
  actsAs: 'requester' as const,
  supportTeam: false,
  organizationId: null,
  organizationVouched: false,
  locale: null,
  timeZone: null,
  disabledAt: null,
  mergedIntoId: null,
  erasedAt: null,
  notices: {},
  digestMinutes: 60,
  version: 1,
  createdAt: now,
  updatedAt: now,
})

const desk = await startDesk(t)
const { db } = desk

t.test('a write set is one statement, in which a change of an inserted row is part of its insert', async (t) => {
  const writes = new WriteSet()
  const row = somebody('per_w1')
  writes.insert(people, row)
  writes.update(people, row, { name: 'Wanda' })
  writes.update(people, row, { version: 2 })
  writes.insert(personEmails, { address: row.email, personId: row.id, verifiedAt: null, createdAt: now })
  const statement = writes.take()
  t.notMatch(statement?.text, /update "/)
  t.ok(writes.isEmpty)
  await db.transaction((tx) => tx.commit(statement))
  const read = await desk.call('GET', '/v1/people/per_w1')
  t.match(
    read.body,
    { name: 'Wanda', version: 2, emails: row.emails, createdAt: now },
    'arrays and moments come back as they went',
  )
})

t.test('changes of one row are one update, whichever copy of it they are made on', async (t) => {
  const writes = new WriteSet()
  const first = somebody('per_w1')
  const second = somebody('per_w1')
  writes.update(people, first, { name: 'One' })
  writes.update(people, second, { locale: 'de' })
  t.equal(first.locale, 'de', 'the first copy sees what was changed on the second')
  const statement = writes.take()
  t.equal(statement?.text.match(/update "/g)?.length, 1)
  await db.transaction((tx) => tx.commit(statement))
  t.match((await desk.call('GET', '/v1/people/per_w1')).body, { name: 'One', locale: 'de' })
})

t.test('a row that could be taken for none is an error, and nothing that goes missing', (t) => {
  const writes = new WriteSet()
  for (const eventId of ['evt_one', null]) writes.insert(feedPending, { eventId: eventId as string })
  t.throws(() => writes.take(), /feed_pending: a row without eventId/)
  t.end()
})

t.test('identities follow the order of emit, also when other tables come between', async (t) => {
  const writes = new WriteSet()
  const ids = Array.from({ length: 7 }, () => newId('evt'))
  for (const [n, eventId] of ids.entries()) {
    writes.insert(feedPending, { eventId })
    writes.insert(outbox, {
      queue: 'mail.parse',
      data: { inboundMailId: `inm_${n}` },
      startAt: '2099-01-01T00:00:00.000Z',
      createdAt: now,
    })
  }
  await db
    .transaction(async (tx) => {
      const pending = writes.take()
      if (pending) await tx.query(pending)
      const { rows } = await tx.query<{ id: string }>({
        text: 'select event_id as id from feed_pending where event_id = any($1::text[]) order by position',
        values: [ids],
      })
      t.same(
        rows.map(({ id }) => id),
        ids,
      )
      throw new Error('taken back')
    })
    .catch(() => {})
})

t.test('a failed flush takes the whole transaction back, and says why', async (t) => {
  const writes = new WriteSet()
  writes.insert(teams, { id: 'tea_lost', name: 'Lost', version: 1, createdAt: now, updatedAt: now })
  writes.insert(teamMembers, { teamId: 'tea_lost', personId: 'per_nobody' })
  await t.rejects(
    db.transaction((tx) => tx.commit(writes.take())),
    { code: '23503' },
  )
  t.equal((await desk.call('GET', '/v1/teams/tea_lost')).status, 404)
  const twice = new WriteSet()
  twice.insert(people, somebody('per_w2'))
  t.throws(() => twice.insert(people, somebody('per_w2')), /written twice/)
})

t.test('a row is removed by its key, and one that is there is left where only missing ones are written', async (t) => {
  const writes = new WriteSet()
  writes.insert(teams, { id: 'tea_w', name: 'W', version: 1, createdAt: now, updatedAt: now })
  writes.insert(teamMembers, { teamId: 'tea_w', personId: 'per_w1' })
  await db.transaction((tx) => tx.commit(writes.take()))
  writes.insertMissing(teamMembers, { teamId: 'tea_w', personId: 'per_w1' })
  await db.transaction((tx) => tx.commit(writes.take()))
  t.same((await desk.call('GET', '/v1/teams/tea_w')).body.memberIds, ['per_w1'])
  writes.remove(teamMembers, { teamId: 'tea_w', personId: 'per_w1' })
  await db.transaction((tx) => tx.commit(writes.take()))
  t.same((await desk.call('GET', '/v1/teams/tea_w')).body.memberIds, [])
})

const eventRow = (id: string) => ({
  id,
  type: 'test',
  at: now,
  actorKind: 'system',
  actorId: 'x',
  apiKeyId: null,
  channel: 'api' as const,
  ticketId: null,
  objectType: 'x',
  objectId: 'x',
  objectVersion: null,
  changes: {},
  data: {},
  cause: null,
  facts: {},
  requestId: null,
})

t.test('the feed never skips: who commits late is numbered late', async (t) => {
  const commitOne = async (before: () => Promise<void> = async () => {}) => {
    const id = newId('evt')
    await db.transaction(async (tx) => {
      const writes = new WriteSet()
      writes.insert(events, eventRow(id))
      writes.insert(feedPending, { eventId: id })
      const pending = writes.take()
      if (pending) await tx.query(pending)
      await before() // its identity is taken, its commit is not there yet
      await tx.commit()
    })
    return id
  }
  const read = async (after: number) =>
    (await desk.call('GET', `/v1/events?after=${after}&limit=100`)).body.data as { id: string; sequence: number }[]
  await desk.app.relay.drain()
  let seen =
    (await db.query<{ last: number }>({ text: 'select coalesce(max(sequence), 0)::int as last from feed', values: [] }))
      .rows[0]?.last ?? 0
  const found: string[] = []
  const follow = async () => {
    await desk.app.relay.drain()
    for (const event of await read(seen)) {
      t.equal(event.sequence, seen + 1, 'numbers have no gaps')
      seen = event.sequence
      found.push(event.id)
    }
  }
  const fast: string[] = []
  const slow = await commitOne(async () => {
    // an embedded database has one connection: nobody can be faster there
    for (let n = 0; onPostgres && n < 5; n++) {
      fast.push(await commitOne())
      await follow()
    }
  })
  fast.push(await commitOne())
  await follow()
  t.same(new Set(found), new Set([slow, ...fast]))
  if (onPostgres) t.ok(found.indexOf(slow) >= 5, 'the slow one comes after those who were quicker')
})

t.test('an id grows with time, and has 26 characters of the alphabet', (t) => {
  const ids = Array.from({ length: 1_000 }, () => newId('tkt'))
  t.same(ids, ids.toSorted())
  for (const id of ids) t.match(id, /^tkt_[0-9a-hjkmnp-tv-z]{26}$/)
  t.equal(base32(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)), 'zzzzzzzz')
  t.equal(base32(new Uint8Array(16)), '0'.repeat(26))
  t.end()
})

t.test('a check tells every fault by its place', (t) => {
  const schema = Closed({
    name: Type.String({ maxLength: 3 }),
    nested: Type.Optional(Closed({ list: Type.Array(Nullable(Type.Integer())) })),
  })
  t.same(faultsOf(schema, { name: 'abc', nested: { list: [1, null] } }), [])
  for (const [value, pointer, code] of [
    [{}, '/name', 'missing'],
    [{ name: 'abcd' }, '/name', 'maxLength'],
    [{ name: 'a', more: 1 }, '/more', 'unknown'],
    [{ name: 'a', 'odd/name~': 1 }, '/odd~1name~0', 'unknown'],
    [{ name: 'a', nested: { list: ['x'] } }, '/nested/list/0', 'type'],
    [{ name: 'a\0' }, '/name', 'text'],
    [{ name: '\ud800' }, '/name', 'text'],
  ] as const) {
    t.match(faultsOf(schema, value), [{ pointer, code }], JSON.stringify(value))
    t.throws(() => check(schema, value), { code: 'invalid_input' })
  }
  t.end()
})

t.test('a name is guessed within two edits, and not beyond', (t) => {
  t.equal(nearest('asigneeId', ['assigneeId', 'teamId']), 'assigneeId')
  t.equal(nearest('colour', ['assigneeId', 'teamId']), undefined)
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (name) => nearest(name, ['status', 'priority']) !== 'x'))
  t.end()
})

t.test('an absent database is 503, a bug is 500 and tells nothing', (t) => {
  t.equal(problemOf(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })).code, 'unavailable')
  t.equal(problemOf(Object.assign(new Error('terminating'), { code: '57P01' })).code, 'unavailable')
  t.equal(problemOf(new Error('select secret from x')).message, 'Something went wrong on our side')
  t.end()
})

t.test('a data directory has one owner, also when many try at once, and a dead one is followed at once', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'kontor-lock-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(dir)))
  const won = tries.filter((each) => each.status === 'fulfilled')
  t.equal(won.length, 1)
  for (const lost of tries)
    if (lost.status === 'rejected') t.ok(lost.reason instanceof DirectoryLocked, String(lost.reason))
  won[0]?.value()
  t.same(readdirSync(dir), [], 'nothing is left')

  const path = join(dir, 'kontor.lock')
  const owner = (more: object) =>
    writeFileSync(
      path,
      JSON.stringify({
        token: 'other',
        pid: process.pid,
        host: hostname(),
        pidSpace: process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : null,
        startTicks: null,
        ...more,
      }),
    )
  owner({ pid: 2 ** 22 - 3 })
  const after = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(dir)))
  t.equal(after.filter(({ status }) => status === 'fulfilled').length, 1, 'of ten who find a dead owner one follows')
  for (const each of after) if (each.status === 'fulfilled') each.value()
  owner({})
  await t.rejects(lockDirectory(dir), DirectoryLocked, 'a living process keeps it')
  if (process.platform === 'linux') {
    owner({ startTicks: '1' })
    const unlock = await lockDirectory(dir)
    t.pass('a pid that was given out again is nobody')
    unlock()
  }
  owner({ host: 'elsewhere' })
  await t.rejects(lockDirectory(dir), /on elsewhere/, 'another host is believed while its heart beats')
  utimesSync(path, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
  const unlock = await lockDirectory(dir)
  t.match(JSON.parse(readFileSync(path, 'utf8')), { pid: process.pid })
  unlock()
  writeFileSync(path, 'not json')
  ;(await lockDirectory(dir))()
})

t.test('a read takes what is remembered for true, and is made again where that is old', async (t) => {
  const other = bareSession({ db, app: desk.app })
  let read = 0
  const counted = defineQuery({
    name: 'countedRead',
    group: 'tickets',
    input: Closed({ wanted: Type.String() }),
    refuse: () => undefined,
    async read({ cached }, { wanted }) {
      read++
      const { priorities } = await cached(vocabulary)
      const name = priorities.get(wanted)?.name
      if (name === undefined) throw new Problem('not_found')
      return name
    },
  })
  const nameOf = (wanted: string) => other.read(counted, { wanted })
  t.equal(await nameOf('high'), 'High')
  t.equal(await nameOf('high'), 'High')
  t.equal(read, 2, 'once for each')

  await desk.call('POST', '/v1/priorities', { body: { key: 'brand_new', name: 'New' } })
  read = 0
  t.equal(await nameOf('brand_new'), 'New', 'which was not there for the memory')
  t.equal(read, 2)
  await desk.call('PATCH', '/v1/priorities/brand_new', { body: { name: 'Newer' } })
  t.equal(await nameOf('brand_new'), 'Newer')
  read = 0
  await t.rejects(nameOf('nowhere'), { code: 'not_found' })
  t.equal(read, 1, 'what is refused by what is true is refused at once')
})
