import t from 'tap'
import { makeDatabase, onPostgres } from './support/database.ts'
import { outboundRun } from './torture/outbound.ts'

/** `npm run torture -- --only outbound --mails 1000 --kills 10` does the same at full size. */
const SEED = 65

t.test('each reply is delivered or has its reason, through a faulty relay and a kill', async (t) => {
  const database = onPostgres ? await makeDatabase() : undefined
  const { figures, violations } = await outboundRun({ mails: 30, writes: 0, kills: 1, seed: SEED, database })
  t.comment(figures)
  t.same(violations, [])
})
