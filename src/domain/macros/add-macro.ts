import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { namedBy } from '../rules/named.ts'
import { AddMacro, type Macro } from './schema.ts'
import { checkMacro, findMacro, namingOf } from './store.ts'
import { macros } from './table.ts'

/** A new macro, of actions that exist. */
export const addMacro = defineCommand({
  name: 'addMacro',
  group: 'templates',
  input: AddMacro,
  constraints: { macros_pkey: 'macro_taken' },

  async subject({ tx, ...context }, input) {
    const [existing, named] = await Promise.all([findMacro(tx, input.key), namedBy(tx, context, namingOf(input))])
    return { existing, named }
  },

  refuse: (actor, { existing }) => (!isAgent(actor) ? 'forbidden' : existing ? 'macro_taken' : undefined),

  handle({ insert, emit, now }, input, { named }): Macro {
    const macro: Macro = {
      folder: null,
      template: null,
      ...input,
      useCount: 0,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    checkMacro(macro, input, named)
    insert(macros, macro)
    emit({ type: 'macro.added', object: { type: 'macro', id: input.key, version: 1 }, data: { key: input.key } })
    return macro
  },
})
