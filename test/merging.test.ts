import { setImmediate } from 'node:timers/promises'
import { eq, sql } from 'drizzle-orm'
import fc from 'fast-check'
import t from 'tap'
import type { Rows } from '../src/db/client.ts'
import { merging } from '../src/db/merging.ts'
import { build, MERGED_MAX, prepare, prepareLock, prepareSql, rowOf, type Sql } from '../src/db/statement.ts'
import { teams } from '../src/domain/people/table.ts'
import { watching } from '../src/kernel/watching.ts'
import type { WriteSet } from '../src/kernel/write-set.ts'
import { startDesk } from './support/desk.ts'
import { mailWriter } from './support/mail-text.ts'

const { call, db, receive } = await startDesk(t)

/** What was sent to the database. */
const sent: Sql[] = []
const connection = merging({
  query<R>(statement: Sql<R>): Promise<Rows<R>> {
    sent.push(statement)
    return db.query({ ...statement, several: undefined })
  },
})
/** The rows of each, and how many statements it took. */
async function ask<R>(statements: Sql<R>[]): Promise<{ answers: PromiseSettledResult<R[]>[]; count: number }> {
  const before = sent.length
  const answers = await Promise.allSettled(statements.map((one) => connection.query(one).then(({ rows }) => rows)))
  return { answers, count: sent.length - before }
}
const fulfilled = <R>(answers: PromiseSettledResult<R[]>[]) =>
  answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason))

const counted = prepareSql<{ from: number; to: number; word: string | null }, { n: number; word: string | null }>()(
  ($) => sql`select n, ${$.word}::text as word from generate_series(${$.from}::int, ${$.to}::int) as n order by n desc`,
  { merges: true },
)
const echo = prepareSql<{ list: string[] }, { list: string[] }>()(
  ($) => sql`select ${$.list}::text[] as list where cardinality(${$.list}::text[]) >= 0`,
  { merges: true },
)
const divided = prepareSql<{ by: number }, { share: number }>()(($) => sql`select 12 / ${$.by}::int as share`, {
  merges: true,
})
const versionsOf = prepareSql<{ ids: string[] }, { id: string; xmin: string }>()(
  ($) => sql`select id, xmin::text as xmin from teams where id = any(${$.ids}::text[])`,
)
const apart = prepareSql<{ n: number }, { n: number }>()(($) => sql`select ${$.n}::int as n`)

t.test('several ask once, and each gets its own rows in the order of its query', async (t) => {
  const asked = [
    { from: 1, to: 3, word: 'a' },
    { from: 2, to: 1, word: 'nobody' },
    { from: 7, to: 7, word: null },
    { from: 1, to: 3, word: '"{\\,}"' },
  ]
  const { answers, count } = await ask(asked.map((values) => counted.bind(values)))
  t.equal(count, 1)
  const expected = await Promise.all(asked.map(async (values) => (await db.query(counted.bind(values))).rows))
  t.strictSame(fulfilled(answers), expected)
  t.strictSame(
    expected[0]?.map(({ n }) => n),
    [3, 2, 1],
  )
  t.strictSame(expected[1], [])
})

t.test('what is asked alone, in another turn, or does not merge is sent as it is', async (t) => {
  const one = counted.bind({ from: 1, to: 1, word: null })
  const before = sent.length
  await connection.query(one)
  const first = connection.query(one)
  await setImmediate()
  await Promise.all([first, connection.query(one)])
  t.strictSame(
    sent.slice(before).map(({ name }) => name),
    [one.name, one.name, one.name],
  )
  const { answers, count } = await ask([apart.bind({ n: 1 }), apart.bind({ n: 2 })])
  t.strictSame(fulfilled(answers), [[{ n: 1 }], [{ n: 2 }]])
  t.equal(count, 2)
})

t.test('more than may be asked at once are asked in parts', async (t) => {
  const many = MERGED_MAX * 2 + 1
  const { answers, count } = await ask(
    Array.from({ length: many }, (_, n) => counted.bind({ from: n, to: n, word: null })),
  )
  t.strictSame(
    fulfilled(answers),
    Array.from({ length: many }, (_, n) => [{ n, word: null }]),
  )
  t.equal(count, 3)
})

t.test('a fault is told to whom it belongs', async (t) => {
  const { answers, count } = await ask([1, 0, 3].map((by) => divided.bind({ by })))
  t.match(answers, [
    { status: 'fulfilled', value: [{ share: 12 }] },
    { status: 'rejected', reason: { code: '22012' } },
    { status: 'fulfilled', value: [{ share: 4 }] },
  ])
  t.equal(count, 4)
  const nul = await ask(['a', '\0', 'c'].map((word) => counted.bind({ from: 1, to: 1, word })))
  t.strictSame(
    nul.answers.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

t.test('what nobody waits for any more disturbs nobody', async (t) => {
  for (let n = 0; n < 10; n++) {
    const left = db.reading(({ query }) => {
      const faults = [divided.bind({ by: 0 }), divided.bind({ by: 0 })].map((one) => query(one))
      return Promise.all([...faults, Promise.reject(new Error('gone'))])
    })
    // takes the connection that was given back last
    const next = left.then(
      () => undefined,
      () =>
        db.transaction(async (tx) => {
          for (let more = 0; more < 5; more++) await tx.query(apart.bind({ n }))
          return tx.query(apart.bind({ n }))
        }),
    )
    t.strictSame((await next)?.rows, [{ n }])
  }
})

t.test('any list of texts arrives as it was given', async (t) => {
  const text = fc.string({ unit: 'binary' }).filter((one) => !one.includes('\0'))
  const marks = fc.constantFrom('', 'NULL', 'null', '{}', '{"a"}', '"', '\\', '\\"', ',', ' a ', '\n', "'")
  const lists = fc.array(fc.array(fc.oneof(text, marks), { maxLength: 5 }), { minLength: 2, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(lists, async (asked) => {
      const { answers, count } = await ask(asked.map((list) => echo.bind({ list })))
      t.equal(count, 1)
      t.strictSame(
        fulfilled(answers),
        asked.map((list) => [{ list }]),
      )
    }),
    { numRuns: 40 },
  )
})

t.test('what would be locked is watched for each', async (t) => {
  const locking = prepareLock<{ id: string }>()(
    teams,
    ($) => build.select(rowOf(teams)).from(teams).where(eq(teams.id, $.id)),
    { merges: true },
  )
  const ids = await Promise.all(
    ['Ink', 'Paper'].map(async (name) => (await call('POST', '/v1/teams', { body: { name } })).body.id as string),
  )
  const versions = new Map((await db.query(versionsOf.bind({ ids }))).rows.map(({ id, xmin }) => [id, xmin]))
  const before = sent.length
  const watched = await Promise.all(
    [...ids, 'team_none'].map(async (id) => {
      const seen: unknown[] = []
      const watch = (_table: unknown, row: { id: string }, xmin: string) => seen.push({ id: row.id, xmin }) > 0
      const { rows: found } = await watching(connection, { watch } as unknown as WriteSet).query(locking.bind({ id }))
      return { found: found.map((row) => [row.id, Object.hasOwn(row, 'xmin')]), seen }
    }),
  )
  t.equal(sent.length - before, 1)
  t.strictSame(watched, [
    ...ids.map((id) => ({ found: [[id, false]], seen: [{ id, xmin: versions.get(id) }] })),
    { found: [], seen: [] },
  ])
})

t.test('a value that is no parameter cannot be merged', async (t) => {
  const fixed = prepare<{ id: string }>()(
    ($) => build.select(rowOf(teams)).from(teams).where(sql`${teams.id} = ${$.id} and ${teams.name} = ${'Ink'}`),
    { merges: true },
  )
  t.throws(() => fixed.bind({ id: 'team_1' }), /only parameters by name/)
  t.throws(() => prepareSql<object, object>()(() => sql`select 1`, { merges: true }).bind({}), /only parameters/)
})

t.test('mails that come together go each to its own ticket', async (t) => {
  const write = mailWriter('together')
  const people = Array.from({ length: 12 }, (_, n) => `writer${n}@good.test`)
  const opened = await Promise.all(
    people.map((email, n) => receive(write({ From: email, 'Message-ID': `<first${n}@good.test>` }))),
  )
  const ids = opened.map(({ ticketId }) => ticketId)
  t.equal(new Set(ids).size, people.length)
  // half of them are done: what fired on each is asked too
  await Promise.all(ids.slice(6).map((id) => call('PATCH', `/v1/tickets/${id}`, { body: { status: 'solved' } })))
  const answered = await Promise.all(
    people.map((email, n) => receive(write({ From: email, 'In-Reply-To': `<first${n}@good.test>` }, `Words ${n}`))),
  )
  t.strictSame(
    answered.map(({ ticketId }) => ticketId),
    ids,
  )
})
