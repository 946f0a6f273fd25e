import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { MacroAct } from './schema.ts'
import { lockMacro } from './store.ts'
import { macros } from './table.ts'

/** The macro is gone; what it did stays. */
export const removeMacro = defineCommand({
  name: 'removeMacro',
  group: 'templates',
  input: MacroAct,
  subject: ({ tx }, { key }) => lockMacro(tx, key),
  refuse: (actor) => (isAgent(actor) ? undefined : 'forbidden'),

  handle({ remove, emit }, { key }, macro) {
    remove(macros, macro)
    emit({ type: 'macro.removed', object: { type: 'macro', id: key, version: null }, data: { key } })
    return { id: key }
  },
})
