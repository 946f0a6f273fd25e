import { bumpRules, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { checkRule } from './checked.ts'
import { endsWaits, waitOf } from './decide.ts'
import { namedBy } from './named.ts'
import { ChangeRule, type Rule } from './schema.ts'
import { insertRevision, lockRule } from './store.ts'
import { rules } from './table.ts'

/** Changes a rule: enables, disables, reorders, edits. It takes effect with the next event, as a new revision. */
export const changeRule = defineCommand({
  name: 'changeRule',
  group: 'rules',
  input: ChangeRule,

  async subject({ tx, ...context }, { key, then = [] }) {
    await lockConfiguration(tx)
    const [rule, named] = await Promise.all([lockRule(tx, key), namedBy(tx, context, then)])
    return { rule, named }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { key: _, after, ...others }, { rule, named }): Promise<Rule> {
    const fields = after === undefined ? others : { ...others, after: waitOf(after) }
    const changes = changesBetween(rule, fields)
    const changed = Object.keys(changes)
    if (!changed.length) return rule as Rule // the row is the resource
    // what stood there before was checked then, and a rule whose template is gone can still be switched off
    checkRule({ stop: rule.stop, after: rule.after, ...fields }, named)
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
