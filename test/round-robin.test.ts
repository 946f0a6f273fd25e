import t from 'tap'
import { makeDatabase, onPostgres } from './support/database.ts'
import { roundRobinRun } from './torture/round-robin.ts'

/** `npm run torture -- --only round-robin` does the same with 1,000 tickets. */
t.test('seven agents get as many tickets as each other, or one more, from two processes at once', async (t) => {
  const database = onPostgres ? await makeDatabase() : undefined
  const { figures, violations } = await roundRobinRun({ tickets: 138, database })
  t.comment(figures)
  t.same(violations, [])
})
