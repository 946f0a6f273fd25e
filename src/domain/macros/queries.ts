import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { type Macro, MacroAct } from './schema.ts'
import { allMacros, findMacro } from './store.ts'

/** All macros, by key. */
export const macrosQuery = defineQuery({
  name: 'macros',
  group: 'templates',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db }): Promise<Macro[]> => (await db.query(allMacros.bind({}))).rows,
})

export const macroQuery = defineQuery({
  name: 'macro',
  group: 'templates',
  input: MacroAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { key }): Promise<Macro> {
    const macro = await findMacro(db, key)
    if (!macro) throw new Problem('macro_not_found')
    return macro
  },
})
