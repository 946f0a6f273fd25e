import { bumpRules, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { RuleAct } from './schema.ts'
import { lockRule } from './store.ts'
import { rules } from './table.ts'

/** The rule is gone; what it did, and what it said when, stays. */
export const removeRule = defineCommand({
  name: 'removeRule',
  group: 'rules',
  input: RuleAct,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    return lockRule(tx, key)
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, _input, rule) {
    context.remove(rules, rule)
    await bumpRules(context)
    context.emit({
      type: 'rule.removed',
      object: { type: 'rule', id: rule.key, version: null },
      data: { key: rule.key },
    })
    return { id: rule.key }
  },
})
