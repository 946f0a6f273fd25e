import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, named, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { SYSTEM } from '../../kernel/actor.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import { readCondition } from '../../kernel/condition/parse.ts'
import { checkSort } from '../../kernel/page.ts'
import { type Fault, invalid, Problem } from '../../kernel/problems.ts'
import { FIELDS } from '../fields/policy.ts'
import { teamMembers } from '../people/table.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { fieldSorts } from '../tickets/fields.ts'
import { ticketList } from '../tickets/queries.ts'
import { Ticket } from '../tickets/schema.ts'
import type { Vocabulary } from '../types/store.ts'
import { views } from './table.ts'

export type ViewRow = typeof views.$inferSelect

const isMember = sql`exists (select 1 from ${teamMembers} where ${teamMembers.teamId} = ${views.ownerId} and ${teamMembers.personId} = ${sql.placeholder('actorId')})`

const locked = prepare<{ key: string; actorId: string }>()(($) =>
  build
    .select({ ...rowOf(views), isMember: named<boolean>('isMember', isMember) })
    .from(views)
    .where(eq(views.key, $.key))
    .for('update', { of: views }),
)

/** A view, locked until the commit, and whether this actor is in the team whose it is. */
export async function lockView(
  tx: Connection,
  key: string,
  actorId: string,
): Promise<{ view: ViewRow; isMember: boolean }> {
  const [row] = (await tx.query(locked.bind({ key, actorId }))).rows
  if (!row) throw new Problem('view_not_found')
  const { isMember, ...view } = row
  return { view, isMember }
}

const countOf = prepareSql<{ owner: string; ownerId: string | null }, { count: number }>()(
  ($) =>
    sql`select count(*)::int as count from ${views} where ${views.owner} = ${$.owner} and ${views.ownerId} is not distinct from ${$.ownerId}`,
)

/** Views of one owner. A list of views has no pages. */
const VIEWS_MAX = 100

export async function refuseTooMany(tx: Connection, owner: string, ownerId: string | null): Promise<void> {
  const [row] = (await tx.query(countOf.bind({ owner, ownerId }))).rows
  if ((row?.count ?? 0) >= VIEWS_MAX) throw invalid('/owner', 'too_many', `has ${VIEWS_MAX} views already`)
}

const inTeam = prepareSql<{ teamId: string; personId: string }, { exists: boolean; isMember: boolean }>()(
  ($) => sql`select exists (select 1 from teams where id = ${$.teamId}) as exists,
    exists (select 1 from ${teamMembers} where ${teamMembers.teamId} = ${$.teamId} and ${teamMembers.personId} = ${$.personId}) as "isMember"`,
)

/** Whether there is such a team, and whether this person is in it. */
export async function membership(tx: Connection, teamId: string, personId: string) {
  const [row] = (await tx.query(inTeam.bind({ teamId, personId }))).rows
  return row ?? { exists: false, isMember: false }
}

interface Shown {
  condition?: unknown
  sort?: string
  group?: string | null
  columns?: readonly string[]
}

/** The parts of a view as it is kept, or invalid_input with every fault. */
export function checkedView(words: Vocabulary, input: Shown, before?: Pick<ViewRow, 'sort' | 'group'>) {
  const faults: Fault[] = []
  let condition: Condition | undefined
  if (input.condition !== undefined) {
    const read = readCondition(input.condition, ticketFields(words), { at: '/condition', use: 'list' })
    condition = read.condition
    faults.push(...read.faults)
  }
  const sort = input.sort ?? before?.sort ?? '-updatedAt'
  const group = input.group === undefined ? (before?.group ?? null) : input.group
  const sorts = { ...ticketList.sorts, ...fieldSorts(SYSTEM, words.fields) }
  const wrongSort = checkSort({ sorts }, sortOf({ sort, group }))
  if (wrongSort) faults.push({ pointer: '/sort', code: 'invalid', ...wrongSort })
  for (const [n, column] of (input.columns ?? []).entries())
    if (!Object.hasOwn(Ticket.properties, column) && !words.fields.has(customKeyOf(column)))
      faults.push({ pointer: `/columns/${n}`, code: 'unknown_field', detail: 'is no field of a ticket' })
  if (!faults.length) return { condition, sort, group }
  throw new Problem('invalid_input', {
    detail: faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '),
    errors: faults,
  })
}

/** The key of a custom field in the name of a column; no field has an empty one. */
const customKeyOf = (column: string): string => (column.startsWith(FIELDS) ? column.slice(FIELDS.length) : '')

/** Group by group, the most urgent first, and in each as the view sorts. */
export function sortOf({ sort, group }: Pick<ViewRow, 'sort' | 'group'>): string {
  if (group === null) return sort
  return `${group === 'priority' ? '-priority' : group},${sort}`
}
