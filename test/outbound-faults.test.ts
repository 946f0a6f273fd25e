import t from 'tap'
import { makeDatabase, onPostgres } from './support/database.ts'
import { outboundRun } from './torture/outbound.ts'

/** `npm run torture -- --only outbound` does the same with a thousand mails and ten kills. */
const SEED = 65

t.test(
  'each reply is delivered or has its reason, through a faulty relay and a kill',
  { skip: !onPostgres },
  async (t) => {
    const database = await makeDatabase()
    const { figures, violations } = await outboundRun({ mails: 30, writes: 0, kills: 1, seed: SEED, database })
    t.comment(figures)
    t.same(violations, [])
  },
)
