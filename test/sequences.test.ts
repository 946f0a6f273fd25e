import t from 'tap'
import { makeDatabase, onPostgres } from './support/database.ts'
import { sequencesRun } from './torture/sequences.ts'

/** `npm run torture -- --only sequences` does the same a thousand times. */
const SEED = 20261122

t.test('whatever is merged, split, taken back and changed, every message is in one place', async (t) => {
  const database = onPostgres ? await makeDatabase() : undefined
  const { figures, violations } = await sequencesRun({ runs: 30, seed: SEED, database })
  t.comment(figures)
  t.same(violations, [])
})
