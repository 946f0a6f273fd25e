import { asc, eq } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { invalid, invalidInput, Problem } from '../../kernel/problems.ts'
import { actionFaults } from '../rules/actions.ts'
import { findTemplate } from '../templates/store.ts'
import type { Vocabulary } from '../types/store.ts'
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

/** Whether the template of an input is there; one that is not given is no fault. */
export const templateExists = async (tx: Connection, key: string | null | undefined): Promise<boolean> =>
  !key || (await findTemplate(tx, key)) !== undefined

/** Refuses a macro that could not work, with every fault at its place. */
export function checkMacro(
  { template, actions }: Pick<MacroRow, 'template' | 'actions'>,
  words: Vocabulary,
  hasTemplate: boolean,
): void {
  if (!hasTemplate) throw invalid('/template', 'not_found', `${template} is no template`)
  if (template === null && actions.length === 0) throw invalid('/actions', 'missing', 'give a template or actions')
  const errors = actionFaults(actions, words).map((fault) => ({
    ...fault,
    pointer: fault.pointer.replace(/^\/then/, '/actions'),
  }))
  if (errors.length) throw invalidInput(errors)
}
