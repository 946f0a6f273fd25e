import type { Connection } from '../../db/client.ts'
import type { SubjectContext } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { checkRule } from './checked.ts'
import { waitOf } from './decide.ts'
import { type Named, namedBy } from './named.ts'
import type { RuleDraft, TriedRule } from './schema.ts'
import { findRule, type RuleRow } from './store.ts'

/** Behind all others: where a rule comes that is not saved. */
const POSITION_LAST = 1_000_000

interface Drafted {
  rule: TriedRule
  /** What is saved under this key. */
  saved: RuleRow | undefined
  named: Named
}

/**
 * What a saved rule says, or what is given in place of it, checked like a rule that is saved. With all of it given the rule need not be
 * there.
 */
export async function draftedRule(
  db: Connection,
  context: Pick<SubjectContext, 'cached' | 'settings'>,
  key: string,
  { after, ...given }: RuleDraft & { position?: number },
): Promise<Drafted> {
  const saved = await findRule(db, key)
  const isWhole = given.on !== undefined && given.if !== undefined && given.then !== undefined
  if (!saved && !isWhole) throw new Problem('rule_not_found')
  const rule = {
    on: [],
    types: null,
    if: { all: [] },
    after: null,
    then: [],
    reactToRules: false,
    position: POSITION_LAST,
    ...(saved && tried(saved as unknown as TriedRule)), // the row is the resource
    ...given,
    ...(after !== undefined && { after: waitOf(after) }),
  }
  const named = await namedBy(db, context, rule.then)
  checkRule({ ...rule, stop: saved?.stop ?? false }, named)
  return { rule, saved, named }
}

const tried = ({ on, types, if: condition, after, then, reactToRules, position }: TriedRule): TriedRule => ({
  on,
  types,
  if: condition,
  after,
  then,
  reactToRules,
  position,
})
