import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { defineCommand, defineQuery } from '../../kernel/desk.ts'
import { Closed, Id, NoInput } from '../../kernel/schema.ts'
import { lockFreeContract, turn } from './store.ts'

const LOOK_MAX = 200

const next = prepareSql<object, { id: string; inMs: number }>()(
  () => sql`select id, (extract(epoch from turns_at - now()) * 1000)::float8 as "inMs" from contracts
    where turns_at is not null order by turns_at limit ${sql.raw(String(LOOK_MAX))}`,
)

/** Contracts of which a period is over, by the database's clock, and how long it is until the next one's. A batch; null: nothing is in sight. */
export const dueContracts = defineQuery({
  name: 'dueContracts',
  group: 'contracts',
  input: NoInput,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async read({ db }): Promise<{ ids: string[]; nextInMs: number | null }> {
    const { rows } = await db.query(next.bind({}))
    const due = rows.filter(({ inMs }) => inMs <= 0)
    return { ids: due.map(({ id }) => id), nextInMs: rows[due.length]?.inMs ?? null }
  },
})

/** Grants the period that has begun, and lets lapse what is left of those that are over: under its lock, and so once. Answers whether it did. Internal. */
export const turnContract = defineCommand({
  name: 'turnContract',
  group: 'contracts',
  input: Closed({ contractId: Id() }),
  subject: async ({ tx }, { contractId }) => ({ contract: await lockFreeContract(tx, contractId) }),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),
  handle: (context, _input, { contract }): { found: boolean } => ({
    found: contract !== undefined && turn(context, contract),
  }),
})
