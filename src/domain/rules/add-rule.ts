import { bumpRules, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { checkRule } from './checked.ts'
import { newRule } from './decide.ts'
import { namedBy } from './named.ts'
import { AddRule, type Rule } from './schema.ts'
import { findLockedRule, insertRevision, lastOf } from './store.ts'
import { rules } from './table.ts'

const POSITION_STEP = 10

/** A new rule; it takes part from the next event on. Without a position it comes last. */
export const addRule = defineCommand({
  name: 'addRule',
  group: 'rules',
  input: AddRule,

  async subject({ tx, ...context }, input) {
    await lockConfiguration(tx)
    const [existing, last, named] = await Promise.all([
      findLockedRule(tx, input.key),
      lastOf(tx, input.key),
      namedBy(tx, context, input.then),
    ])
    return { existing, last, named }
  },

  refuse: (actor, { existing }) => refuseAdminWork(actor) ?? (existing ? 'rule_taken' : undefined),

  async handle(context, input, { last, named }): Promise<Rule> {
    checkRule(input, named)
    const place = { revision: last.revision + 1, position: last.position + POSITION_STEP }
    const rule = newRule(input, place, context.now)
    context.insert(rules, rule)
    insertRevision(context, rule)
    await bumpRules(context)
    context.emit({
      type: 'rule.added',
      object: { type: 'rule', id: rule.key, version: rule.revision },
      data: { key: rule.key },
    })
    return rule as Rule // the row is the resource
  },
})
