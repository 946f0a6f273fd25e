import t from 'tap'
import { makeDatabase, onPostgres } from './support/database.ts'
import { claimsRun } from './torture/claims.ts'

/** `npm run torture -- --only claims` does the same with 200 tickets. */
t.test('of ten agents who claim the same tickets at once, by two processes, one gets each', async (t) => {
  const database = onPostgres ? await makeDatabase() : undefined
  const { figures, violations } = await claimsRun({ claimed: 30, seed: 30, database })
  t.comment(figures)
  t.same(violations, [])
})
