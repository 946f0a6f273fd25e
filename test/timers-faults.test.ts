import t from 'tap'
import { makeDatabase, onPostgres } from './support/database.ts'
import { timersRun } from './torture/timers.ts'

/** `npm run torture -- --only timers` does the same with a thousand waits, and a process that stands still for twenty seconds. */
const SEED = 68

t.test('each wait ends once, while one process stands still and another is killed', async (t) => {
  const database = onPostgres ? await makeDatabase() : undefined
  const { figures, violations } = await timersRun({ timers: 60, stoppedSeconds: 4, seed: SEED, database })
  t.comment(figures)
  t.same(violations, [])
})
