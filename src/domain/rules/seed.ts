import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { type Clock, type Instant, instantOf } from '../../kernel/clock.ts'
import { WriteSet } from '../../kernel/write-set.ts'
import { newRule } from './decide.ts'
import { shippedRules } from './shipped.ts'
import { definitionOf } from './store.ts'
import { ruleRevisions, rules } from './table.ts'

const POSITION_STEP = 10

/** The rules that every desk begins with. They hold from the first version of the rules on. */
export function insertShippedRules(writes: WriteSet, now: Instant): void {
  for (const [n, input] of shippedRules.entries()) {
    const rule = newRule(input, { revision: 1, position: (n + 1) * POSITION_STEP }, now)
    writes.insert(rules, rule)
    writes.insert(ruleRevisions, {
      ruleKey: rule.key,
      revision: 1,
      rulesVersion: 1,
      definition: definitionOf(rule),
      byId: null,
      createdAt: now,
    })
  }
}

// the row of versions is there on every desk; its lock lets one process seed
const lockDesk = prepareSql<object, { id: number }>()(() => sql`select id from versions for update`)
const everHadRules = prepareSql<object, { one: number }>()(() => sql`select 1 as one from rule_revisions limit 1`)
const rise = prepareSql<object, never>()(() => sql`update versions set rules = rules + 1`)

/** Gives the shipped rules to a desk that is older than they are; one that has ever had rules is left alone. */
export async function seedRules(db: Db, clock: Clock): Promise<void> {
  await db.transaction(async (tx: Tx) => {
    const [desk] = (await tx.query(lockDesk.bind({}))).rows
    if (!desk || (await tx.query(everHadRules.bind({}))).rows.length) return
    const writes = new WriteSet()
    insertShippedRules(writes, instantOf(clock()))
    await tx.query(rise.bind({}))
    await tx.commit(writes.take())
  })
}
