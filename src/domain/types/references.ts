import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { changesBetween } from '../../kernel/events.ts'
import type { Calendar } from '../calendars/schema.ts'
import { allCalendars } from '../calendars/store.ts'
import { contracts } from '../contracts/table.ts'
import { customFields } from '../fields/table.ts'
import { macros } from '../macros/table.ts'
import { mailboxes } from '../mailboxes/table.ts'
import { insertRevision } from '../rules/store.ts'
import { rules } from '../rules/table.ts'
import { enqueueFollowing, insertRevision as insertSlaRevision } from '../sla/store.ts'
import { slaPolicies } from '../sla/table.ts'
import { views } from '../views/table.ts'
import { workflows } from '../workflows/table.ts'
import {
  type Renaming,
  renamedActions,
  renamedCondition,
  renamedKeys,
  renamedTargets,
  renamedWorkflow,
} from './renaming.ts'
import type { Vocabulary } from './store.ts'
import { types } from './table.ts'

// a key stands in JSON between quotes; what only looks like it is told apart afterwards
const inJson = (column: unknown, quoted: unknown) => sql`position(${quoted} in ${column}::text) > 0`

const rulesNaming = prepare<{ quoted: string; key: string }>()(($) =>
  build
    .select(rowOf(rules))
    .from(rules)
    .where(sql`${inJson(rules.if, $.quoted)} or ${inJson(rules.then, $.quoted)} or ${$.key} = any(${rules.types})`)
    .orderBy(rules.key)
    .for('update'),
)
const macrosNaming = prepare<{ quoted: string }>()(($) =>
  build.select(rowOf(macros)).from(macros).where(inJson(macros.actions, $.quoted)).orderBy(macros.key).for('update'),
)
const viewsNaming = prepare<{ quoted: string }>()(($) =>
  build.select(rowOf(views)).from(views).where(inJson(views.condition, $.quoted)).orderBy(views.key).for('update'),
)
const mailboxesNaming = prepare<{ key: string }>()(($) =>
  build
    .select(rowOf(mailboxes))
    .from(mailboxes)
    .where(sql`${$.key} in (${mailboxes.type}, ${mailboxes.priority}, ${mailboxes.category}, ${mailboxes.project})`)
    .orderBy(mailboxes.id)
    .for('update'),
)
const policiesNaming = prepare<{ quoted: string; key: string }>()(($) =>
  build
    .select(rowOf(slaPolicies))
    .from(slaPolicies)
    .where(
      sql`${inJson(slaPolicies.if, $.quoted)} or ${inJson(slaPolicies.targets, $.quoted)} or ${$.key} = any(${slaPolicies.pausedIn})`,
    )
    .orderBy(slaPolicies.key)
    .for('update'),
)
const fieldsNaming = prepare<{ key: string }>()(($) =>
  build.select(rowOf(customFields)).from(customFields).where(sql`${$.key} = any(${customFields.types})`).for('update'),
)
const contractsNaming = prepare<{ quoted: string }>()(($) =>
  build
    .select(rowOf(contracts))
    .from(contracts)
    .where(sql`${inJson(contracts.terms, $.quoted)} and ${contracts.endedAt} is null`)
    .orderBy(contracts.id)
    .for('update'),
)
const allTypes = prepare()(() => build.select(rowOf(types)).from(types))
const allWorkflows = prepare()(() => build.select(rowOf(workflows)).from(workflows))

/** A row that names a word, and what it says with the other one in its place. */
type Renamed =
  | { of: 'rules'; row: typeof rules.$inferSelect; wanted: Partial<typeof rules.$inferSelect> }
  | { of: 'macros'; row: typeof macros.$inferSelect; wanted: Partial<typeof macros.$inferSelect> }
  | { of: 'views'; row: typeof views.$inferSelect; wanted: Partial<typeof views.$inferSelect> }
  | { of: 'mailboxes'; row: typeof mailboxes.$inferSelect; wanted: Partial<typeof mailboxes.$inferSelect> }
  | {
      of: 'slaPolicies'
      row: typeof slaPolicies.$inferSelect
      wanted: Partial<typeof slaPolicies.$inferSelect>
      by: Calendar | undefined
    }
  | { of: 'fields'; row: typeof customFields.$inferSelect; wanted: Partial<typeof customFields.$inferSelect> }
  | { of: 'types'; row: typeof types.$inferSelect; wanted: Partial<typeof types.$inferSelect> }
  | { of: 'contracts'; row: typeof contracts.$inferSelect; wanted: Partial<typeof contracts.$inferSelect> }
  | { of: 'workflows'; row: typeof workflows.$inferSelect; wanted: Partial<typeof workflows.$inferSelect> }

/** All configuration that names a word, locked, with what it would say instead. Tickets are not among it: they follow by themselves. */
export async function referencesTo(tx: Connection, renaming: Renaming): Promise<Renamed[]> {
  const { noun, from } = renaming
  const asked = { quoted: JSON.stringify(from), key: from }
  const [rule, macro, view, mailbox, policy, calendars, field, contract, type, workflow] = await Promise.all([
    tx.query(rulesNaming.bind(asked)),
    tx.query(macrosNaming.bind(asked)),
    tx.query(viewsNaming.bind(asked)),
    tx.query(mailboxesNaming.bind(asked)),
    tx.query(policiesNaming.bind(asked)),
    allCalendars(tx),
    tx.query(fieldsNaming.bind(asked)),
    tx.query(contractsNaming.bind(asked)),
    tx.query(allTypes.bind({})),
    tx.query(allWorkflows.bind({})),
  ])
  const candidates: Renamed[] = [
    ...rule.rows.map((row) => ({ of: 'rules' as const, row, wanted: renamedRule(row, renaming) })),
    ...macro.rows.map((row) => ({
      of: 'macros' as const,
      row,
      wanted: { actions: renamedActions(row.actions, renaming) },
    })),
    ...view.rows.map((row) => ({
      of: 'views' as const,
      row,
      wanted: { condition: renamedCondition(row.condition, renaming) },
    })),
    ...mailbox.rows.map((row) => ({ of: 'mailboxes' as const, row, wanted: renamedDefaults(row, renaming) })),
    ...policy.rows.map((row) => ({
      of: 'slaPolicies' as const,
      row,
      wanted: renamedPolicy(row, renaming),
      by: calendars.find(({ key }) => key === row.calendar),
    })),
    ...field.rows.map((row) => ({
      of: 'fields' as const,
      row,
      wanted: noun === 'type' && row.types ? { types: renamedKeys(row.types, renaming) } : {},
    })),
    ...contract.rows.map((row) => ({
      of: 'contracts' as const,
      row,
      wanted: { terms: row.terms.map((term) => ({ ...term, if: renamedCondition(term.if, renaming) })) },
    })),
    ...type.rows
      // what is removed itself names nothing that lasts
      .filter(({ key }) => !(noun === 'type' && key === from))
      .map((row) => ({ of: 'types' as const, row, wanted: renamedType(row, renaming) })),
    ...workflow.rows
      .filter(({ type: key }) => !(noun === 'type' && key === from))
      .map((row) => ({ of: 'workflows' as const, row, wanted: renamedWorkflow(row, renaming) })),
  ]
  return candidates.filter(({ row, wanted }) => Object.keys(changesBetween<object>(row, wanted)).length > 0)
}

const renamedRule = (row: typeof rules.$inferSelect, renaming: Renaming) => ({
  if: renamedCondition(row.if, renaming),
  // biome-ignore lint/suspicious/noThenProperty: what a rule does is called so
  then: renamedActions(row.then, renaming),
  ...(renaming.noun === 'type' && row.types ? { types: renamedKeys(row.types, renaming) } : {}),
})

const renamedPolicy = (row: typeof slaPolicies.$inferSelect, renaming: Renaming) => ({
  if: renamedCondition(row.if, renaming),
  ...(renaming.noun === 'priority' ? { targets: renamedTargets(row.targets, renaming) } : {}),
  ...(renaming.noun === 'status' && row.pausedIn ? { pausedIn: renamedKeys(row.pausedIn, renaming) } : {}),
})

const renamedDefaults = (row: typeof mailboxes.$inferSelect, { noun, from, to }: Renaming) =>
  noun !== 'status' && row[noun] === from ? { [noun]: to } : {}

const renamedType = (row: typeof types.$inferSelect, { noun, from, to }: Renaming) => ({
  ...(noun === 'status' && row.defaultStatus === from ? { defaultStatus: to } : {}),
  ...(noun === 'priority' && row.defaultPriority === from ? { defaultPriority: to } : {}),
})

/** Who names it, by kind of thing: for a refusal. */
export function usersIn(references: readonly Renamed[]): Partial<Record<Renamed['of'], string[]>> {
  const users: Partial<Record<Renamed['of'], string[]>> = {}
  for (const reference of references) users[reference.of] = [...(users[reference.of] ?? []), nameOf(reference)]
  return users
}

function nameOf(reference: Renamed): string {
  if (reference.of === 'mailboxes') return reference.row.address
  if (reference.of === 'contracts') return reference.row.id
  return reference.of === 'workflows' ? reference.row.type : reference.row.key
}

/** Writes what names the other word from now on, each told as any change of it. */
export function rename(context: CommandContext, references: readonly Renamed[], words: Vocabulary): void {
  for (const reference of references) renameOne(context, reference, words)
  if (references.some(({ of }) => of === 'slaPolicies')) enqueueFollowing(context)
}

function renameOne(context: CommandContext, reference: Renamed, words: Vocabulary): void {
  const { update, emit, now } = context
  const { of, row, wanted } = reference
  const changes = changesBetween<object>(row, wanted)
  const stamps = { version: 'version' in row ? row.version + 1 : 1, updatedAt: now }
  const object = (type: string, id: string) => ({ type, id, version: stamps.version })
  switch (of) {
    case 'rules': {
      update(rules, row, { ...wanted, revision: row.revision + 1, updatedAt: now })
      insertRevision(context, row)
      const { key, revision } = row
      emit({ type: 'rule.changed', object: { type: 'rule', id: key, version: revision }, changes, data: { key } })
      break
    }
    case 'macros':
      update(macros, row, { ...wanted, ...stamps })
      emit({ type: 'macro.changed', object: object('macro', row.key), changes, data: { key: row.key } })
      break
    case 'views':
      update(views, row, { ...wanted, ...stamps })
      emit({ type: 'view.changed', object: object('view', row.key), changes, data: {} })
      break
    case 'mailboxes':
      update(mailboxes, row, { ...wanted, ...stamps })
      emit({ type: 'mailbox.changed', object: object('mailbox', row.id), changes, data: {} })
      break
    case 'slaPolicies':
      update(slaPolicies, row, { ...wanted, ...stamps })
      insertSlaRevision(context, row, reference.by, words)
      emit({ type: 'sla_policy.changed', object: object('sla_policy', row.key), changes, data: { key: row.key } })
      break
    case 'fields':
      update(customFields, row, { ...wanted, ...stamps })
      emit({ type: 'field.changed', object: object('field', row.key), changes, data: { key: row.key } })
      break
    case 'contracts':
      update(contracts, row, { ...wanted, ...stamps })
      emit({ type: 'contract.changed', object: object('contract', row.id), changes, data: {} })
      break
    case 'types':
      update(types, row, { ...wanted, ...stamps })
      emit({ type: 'type.changed', object: object('type', row.key), changes, data: { key: row.key } })
      break
    case 'workflows':
      update(workflows, row, { ...wanted, ...stamps })
      emit({ type: 'workflow.changed', object: object('workflow', row.type), changes, data: { type: row.type } })
  }
}
