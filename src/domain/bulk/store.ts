import { eq, type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf, unnamed } from '../../db/statement.ts'
import { after, DAY_MS, type Instant } from '../../kernel/clock.ts'
import type { Term } from '../../kernel/filter.ts'
import { Problem } from '../../kernel/problems.ts'
import { namedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import type { Job } from './schema.ts'
import { bulkJobs } from './table.ts'

export type JobRow = typeof bulkJobs.$inferSelect

/** The row as it is read: without what only its next step needs. */
export const shownJob = ({
  id,
  kind,
  state,
  progress,
  failures,
  detail,
  createdById,
  createdAt,
  startedAt,
  finishedAt,
}: Omit<JobRow, 'ticketIds'>): Job => ({
  id,
  kind,
  state,
  progress,
  failures,
  detail,
  createdById,
  createdAt,
  startedAt,
  finishedAt,
})

export const isUnfinished = ({ state }: Pick<JobRow, 'state'>): boolean => state === 'queued' || state === 'running'

const byReference = prepareSql<{ ids: string[]; numbers: number[] }, { id: string; number: number }>()(
  ($) => sql`select id, number from ${tickets} where id = any(${$.ids}::text[]) or number = any(${$.numbers}::int[])`,
)

/** The ids behind references, where there are such tickets. */
export async function idsOf(
  tx: Connection,
  refs: readonly string[],
): Promise<{ ref: string; id: string | undefined }[]> {
  const named = refs.map((ref) => ({ ref, ...namedTicket(ref) }))
  const ids = named.flatMap(({ id }) => id ?? [])
  const numbers = named.flatMap(({ number }) => number ?? [])
  const { rows } = await tx.query(byReference.bind({ ids, numbers }))
  const found = new Map(rows.flatMap(({ id, number }) => [[id, id] as const, [String(number), id] as const]))
  return refs.map((ref) => ({ ref, id: found.get(ref) }))
}

/** The ids of what a search finds, the oldest first; one more than `max` where there are more. */
export async function idsFound(tx: Connection, term: Term, max: number): Promise<string[]> {
  const names = term.values.map((_, n) => `v${n}`)
  const statement = prepareSql<Record<string, unknown>, { id: string }>()(
    ($) =>
      sql`select id from ${tickets} where ${term.condition((n): SQL => sql`${$[`v${n}`]}`)} order by id limit ${sql.raw(String(max + 1))}`,
  )
  const values = Object.fromEntries(term.values.map((value, n) => [names[n] ?? '', value]))
  return (await tx.query(unnamed(statement).bind(values))).rows.map(({ id }) => id)
}

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(bulkJobs)).from(bulkJobs).where(eq(bulkJobs.id, $.id)).for('update'),
)

export async function lockJob(tx: Connection, id: string): Promise<JobRow> {
  const [row] = (await tx.query(locked.bind({ id }))).rows
  if (!row) throw new Problem('job_not_found')
  return row
}

const unfinished = prepareSql<object, { count: number }>()(
  () => sql`select count(*)::int as count from ${bulkJobs} where state in ('queued', 'running')`,
)

export const countUnfinished = async (tx: Connection): Promise<number> =>
  (await tx.query(unfinished.bind({}))).rows[0]?.count ?? 0

const KEPT_MS = 30 * DAY_MS
const expire = prepareSql<{ before: Instant }, never>()(
  ($) => sql`delete from ${bulkJobs} where created_at < ${$.before}`,
)

/** Forgets what is older than thirty days. */
export const forgetJobs = async (tx: Pick<Connection, 'query'>, now: Instant): Promise<number> =>
  (await tx.query(expire.bind({ before: after(now, -KEPT_MS) }))).rowCount
