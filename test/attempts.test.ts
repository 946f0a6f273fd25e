import { sql } from 'drizzle-orm'
import t from 'tap'
import { prepareSql } from '../src/db/statement.ts'
import { insertPerson } from '../src/domain/people/store.ts'
import { people } from '../src/domain/people/table.ts'
import type { CommandContext, Reaction } from '../src/kernel/context.ts'
import { defineCommand } from '../src/kernel/desk.ts'
import { newId } from '../src/kernel/ids.ts'
import { Problem } from '../src/kernel/problems.ts'
import { Closed } from '../src/kernel/schema.ts'
import { bareSession } from './support/bare-desk.ts'
import { startDesk } from './support/desk.ts'

const { db, app } = await startDesk(t)

const somebody = (email: string) => ({
  name: null,
  email,
  role: 'requester' as const,
  supportTeam: false,
  verified: false,
})

/** Adds a person; what follows from it is the test's. */
const addSomebody = defineCommand({
  name: 'addSomebody',
  group: 'people',
  input: Closed({}),
  subject: async () => null,
  refuse: () => undefined,
  handle: (context) => insertPerson(context, somebody(`${newId('per')}@example.com`)),
})

const count = prepareSql<{ like: string }, { n: number }>()(
  ($) => sql`select count(*)::int as n from people where email like ${$.like}`,
)
const howMany = async (like: string) => (await db.query(count.bind({ like }))).rows[0]?.n ?? 0

/** A desk on the same database with one reaction: what each attempt does, and what it gives back. */
function deskWith(works: ((context: CommandContext) => Promise<void>)[], problems: (string | undefined)[]) {
  const errors: unknown[] = []
  const react: Reaction = async (event, context) => {
    if (event.type !== 'person.added' || event.depth > 0) return
    problems.length = 0
    for (const work of works) problems.push((await context.attempt(work))?.code)
  }
  const session = bareSession({ db, app, reactions: [react], onError: (error) => errors.push(error) })
  return { session, errors }
}

t.test('an attempt that is refused, or breaks, takes back its own writes and events only', async (t) => {
  const problems: (string | undefined)[] = []
  const { session, errors } = deskWith(
    [
      async (context) => void (await insertPerson(context, somebody('kept-1@attempt.test'))),
      async (context) => {
        await insertPerson(context, somebody('gone-1@attempt.test'))
        throw new Problem('forbidden')
      },
      async (context) => {
        await insertPerson(context, somebody('gone-2@attempt.test'))
        throw new TypeError('a bug')
      },
      async (context) => void (await insertPerson(context, somebody('kept-2@attempt.test'))),
    ],
    problems,
  )
  await session.execute(addSomebody, {})
  t.same(problems, [undefined, 'forbidden', 'internal_error', undefined])
  t.match(errors, [{ message: 'a bug' }])
  t.equal(await howMany('kept-%@attempt.test'), 2)
  t.equal(await howMany('gone-%@attempt.test'), 0)
})

t.test('an attempt that reads sees what was written before, and is undone in the database', async (t) => {
  const problems: (string | undefined)[] = []
  const seen: number[] = []
  const { session } = deskWith(
    [
      async (context) => void (await insertPerson(context, somebody('read-1@attempt.test'))),
      async (context) => {
        await insertPerson(context, somebody('read-2@attempt.test'))
        seen.push((await context.query(count.bind({ like: 'read-%@attempt.test' }))).rows[0]?.n ?? 0)
        throw new Problem('forbidden')
      },
      async (context) =>
        void seen.push((await context.query(count.bind({ like: 'read-%@attempt.test' }))).rows[0]?.n ?? 0),
    ],
    problems,
  )
  await session.execute(addSomebody, {})
  t.same(problems, [undefined, 'forbidden', undefined])
  t.same(seen, [2, 1])
  t.equal(await howMany('read-%@attempt.test'), 1)
})

t.test('an error of the database finds the attempt that caused it, and costs nobody else their work', async (t) => {
  const problems: (string | undefined)[] = []
  const { session } = deskWith(
    [
      async (context) => void (await insertPerson(context, somebody('ok-1@attempt.test'))),
      // nobody has read whether this address is taken: the database says so when all is written
      async (context) => void (await insertPerson(context, somebody('admin@kontor.localhost'))),
      async (context) => void (await insertPerson(context, somebody('ok-2@attempt.test'))),
    ],
    problems,
  )
  const added = await session.execute(addSomebody, {})
  t.same(problems, [undefined, 'internal_error', undefined])
  t.equal(await howMany('ok-%@attempt.test'), 2)
  t.equal(await howMany(added.email), 1, 'what began it stands')
})

t.test('a row that an attempt changed has its former values again', async (t) => {
  const problems: (string | undefined)[] = []
  let kept: unknown
  const { session } = deskWith(
    [
      async (context) => {
        const person = await insertPerson(context, somebody('values@attempt.test'))
        const failed = await context.attempt(async (inner) => {
          inner.update(people, person, { name: 'Wrong' })
          throw new Problem('forbidden')
        })
        kept = [person.name, failed?.code]
      },
    ],
    problems,
  )
  await session.execute(addSomebody, {})
  t.same(kept, [null, 'forbidden'])
})
