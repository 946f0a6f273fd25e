import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { Problem } from '../../kernel/problems.ts'
import { vocabulary } from '../types/store.ts'
import { ChangeMacro, type Macro } from './schema.ts'
import { checkMacro, lockMacro, templateExists } from './store.ts'
import { macros } from './table.ts'

/** Changes what a macro does from now on. */
export const changeMacro = defineCommand({
  name: 'changeMacro',
  group: 'templates',
  input: ChangeMacro,

  async subject({ tx, cached }, { key, template }) {
    const [macro, hasTemplate, words] = await Promise.all([
      lockMacro(tx, key),
      templateExists(tx, template),
      cached(vocabulary),
    ])
    return { macro, hasTemplate, words }
  },

  refuse: (actor) => (isAgent(actor) ? undefined : 'forbidden'),

  handle({ update, emit, now }, { key, expectedVersion, ...fields }, { macro, words, hasTemplate }): Macro {
    if (expectedVersion !== undefined && expectedVersion !== macro.version)
      throw new Problem('version_conflict', { currentVersion: macro.version, fields: Object.keys(fields) })
    const changes = changesBetween(macro, fields)
    if (!Object.keys(changes).length) return macro
    checkMacro({ ...macro, ...fields }, words, hasTemplate)
    update(macros, macro, { ...fields, version: macro.version + 1, updatedAt: now })
    emit({ type: 'macro.changed', object: { type: 'macro', id: key, version: macro.version }, changes, data: { key } })
    return macro
  },
})
