import { asc, eq } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { invalid, invalidInput, Problem } from '../../kernel/problems.ts'
import { actionFaults, macroActions } from '../rules/actions.ts'
import type { Named } from '../rules/named.ts'
import type { Action } from '../rules/schema.ts'
import { macros } from './table.ts'

export type MacroRow = typeof macros.$inferSelect

export const allMacros = prepare()(() => build.select(rowOf(macros)).from(macros).orderBy(asc(macros.key)))
const byKey = prepare<{ key: string }>()(($) => build.select(rowOf(macros)).from(macros).where(eq(macros.key, $.key)))
const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(macros)).from(macros).where(eq(macros.key, $.key)).for('update'),
)

export const findMacro = async (connection: Connection, key: string): Promise<MacroRow | undefined> =>
  (await connection.query(byKey.bind({ key }))).rows[0]

export async function lockMacro(tx: Connection, key: string): Promise<MacroRow> {
  const [macro] = (await tx.query(locked.bind({ key }))).rows
  if (!macro) throw new Problem('macro_not_found')
  return macro
}

/** Refuses a macro that could not work, with every fault at its place. `given` are those actions that were not there before. */
export function checkMacro(
  { template, actions }: Pick<MacroRow, 'template' | 'actions'>,
  { template: newTemplate, actions: given = [] }: { template?: string | null; actions?: readonly Action[] },
  named: Named,
): void {
  if (newTemplate && !named.templates.has(newTemplate))
    throw invalid('/template', 'not_found', `${newTemplate} is no template`)
  if (template === null && actions.length === 0) throw invalid('/actions', 'missing', 'give a template or actions')
  const errors = actionFaults(macroActions, given, named, '/actions')
  if (errors.length) throw invalidInput(errors)
}

/** All that names something in the input of a macro, as actions do. */
export const namingOf = ({
  template,
  actions = [],
}: {
  template?: string | null
  actions?: readonly Action[]
}): Action[] => [...(template ? [{ action: 'postReply', template }] : []), ...actions]
