import t from 'tap'
import { makeDatabase, onPostgres } from './support/database.ts'
import { hostileRun } from './torture/hostile.ts'

/** `npm run torture -- --only hostile` does the same with all sizes, 20,000 mutations and ten mails of 50 MB. */
const SEED = 30

t.test('hostile mail crashes nothing, and none of it is lost', async (t) => {
  const database = onPostgres ? await makeDatabase() : undefined
  const { figures, violations } = await hostileRun({ mutations: 60, sizes: [3], large: 0, seed: SEED, database })
  t.comment(figures)
  // how long it takes and how much memory it needs is measured by torture, on a machine that does nothing else
  t.same(
    violations.filter((text) => !/^(memory|the event loop)/.test(text)),
    [],
  )
})
