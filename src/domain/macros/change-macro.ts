import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { Problem } from '../../kernel/problems.ts'
import { namedBy } from '../rules/named.ts'
import { ChangeMacro, type Macro } from './schema.ts'
import { checkMacro, lockMacro, namingOf } from './store.ts'
import { macros } from './table.ts'

/** Changes what a macro does from now on. */
export const changeMacro = defineCommand({
  name: 'changeMacro',
  group: 'templates',
  input: ChangeMacro,

  async subject({ tx, ...context }, input) {
    const [macro, named] = await Promise.all([lockMacro(tx, input.key), namedBy(tx, context, namingOf(input))])
    return { macro, named }
  },

  refuse: (actor) => (isAgent(actor) ? undefined : 'forbidden'),

  handle({ update, emit, now }, { key, expectedVersion, ...fields }, { macro, named }): Macro {
    if (expectedVersion !== undefined && expectedVersion !== macro.version)
      throw new Problem('version_conflict', { currentVersion: macro.version, fields: Object.keys(fields) })
    const changes = changesBetween(macro, fields)
    if (!Object.keys(changes).length) return macro
    checkMacro({ ...macro, ...fields }, fields, named)
    update(macros, macro, { ...fields, version: macro.version + 1, updatedAt: now })
    emit({ type: 'macro.changed', object: { type: 'macro', id: key, version: macro.version }, changes, data: { key } })
    return macro
  },
})
