import { bumpRules, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { checkRule } from './checked.ts'
import { endsWaits, waitOf } from './decide.ts'
import { ChangeRule, type Rule } from './schema.ts'
import { definitionOf, insertRevision, lockRule } from './store.ts'
import { rules } from './table.ts'

/** Changes a rule: enables, disables, reorders, edits. It takes effect with the next event, as a new revision. */
export const changeRule = defineCommand({
  name: 'changeRule',
  group: 'rules',
  input: ChangeRule,

  async subject({ tx, cached }, { key }) {
    await lockConfiguration(tx)
    const [rule, words] = await Promise.all([lockRule(tx, key), cached(vocabulary)])
    return { rule, words }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { key: _, after, ...others }, { rule, words }): Promise<Rule> {
    const fields = after === undefined ? others : { ...others, after: waitOf(after) }
    const changes = changesBetween(rule, fields)
    const changed = Object.keys(changes)
    if (!changed.length) return rule as Rule // the row is the resource
    checkRule({ ...definitionOf(rule), ...fields }, words)
    const revision = rule.revision + 1
    const waits = endsWaits(changed) ? { waitsFrom: revision } : {}
    context.update(rules, rule, { ...fields, ...waits, revision, updatedAt: context.now })
    insertRevision(context, rule)
    await bumpRules(context)
    context.emit({
      type: 'rule.changed',
      object: { type: 'rule', id: rule.key, version: rule.revision },
      changes,
      data: { key: rule.key },
    })
    return rule as Rule // the row is the resource
  },
})
