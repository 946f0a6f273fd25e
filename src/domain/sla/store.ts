import { asc, eq, isNull, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { bumpVocabulary } from '../../kernel/bump.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import type { Calendar } from '../calendars/schema.ts'
import { allCalendars } from '../calendars/store.ts'
import type { Vocabulary } from '../types/store.ts'
import type { SlaDefinition, SlaPolicy } from './schema.ts'
import { slaPolicies, slaRevisions } from './table.ts'

export type SlaPolicyRow = typeof slaPolicies.$inferSelect

/** A desk has at most so many. */
export const POLICIES_MAX = 100

const all = prepare<{ limit: number }>()(($) =>
  build
    .select(rowOf(slaPolicies))
    .from(slaPolicies)
    .orderBy(asc(slaPolicies.position), asc(slaPolicies.key))
    .limit($.limit),
)
const byKey = prepare<{ key: string }>()(($) =>
  build.select(rowOf(slaPolicies)).from(slaPolicies).where(eq(slaPolicies.key, $.key)),
)
const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(slaPolicies)).from(slaPolicies).where(eq(slaPolicies.key, $.key)).for('update'),
)
const byCalendar = prepare<{ key: string }>()(($) =>
  build
    .select(rowOf(slaPolicies))
    .from(slaPolicies)
    .where(eq(slaPolicies.calendar, $.key))
    .orderBy(asc(slaPolicies.key))
    .for('update'),
)

/** All policies in the order in which they are asked. */
export const allPolicies = async (connection: Connection): Promise<SlaPolicyRow[]> =>
  (await connection.query(all.bind({ limit: POLICIES_MAX }))).rows

export async function findPolicy(connection: Connection, key: string): Promise<SlaPolicy> {
  const [policy] = (await connection.query(byKey.bind({ key }))).rows
  if (!policy) throw new Problem('sla_policy_not_found')
  return policy
}

export async function lockPolicy(tx: Connection, key: string): Promise<SlaPolicyRow> {
  const [policy] = (await tx.query(locked.bind({ key }))).rows
  if (!policy) throw new Problem('sla_policy_not_found')
  return policy
}

/** The policies that count by a calendar, locked. */
export const policiesBy = async (tx: Connection, calendarKey: string): Promise<SlaPolicyRow[]> =>
  (await tx.query(byCalendar.bind({ key: calendarKey }))).rows

const last = prepareSql<{ key: string }, { version: number }>()(
  ($) => sql`select coalesce(max(version), 0)::int as version from sla_revisions where policy_key = ${$.key}`,
)

/** The last version of this key, also of a policy that was removed. */
export const lastVersionOf = async (tx: Connection, key: string): Promise<number> =>
  (await tx.query(last.bind({ key }))).rows[0]?.version ?? 0

type Hours = Pick<Calendar, 'key' | 'version' | 'timeZone' | 'hours' | 'holidays'>

/** Writes down what a policy says from now on, with the hours that it counts by and the statuses in which they stand still. */
export function insertRevision(
  { insert, now }: Pick<CommandContext, 'insert' | 'now'>,
  { key: policyKey, version, targets, pausedIn: named, warningPercent }: SlaPolicyRow,
  by: Hours | undefined,
  words: Pick<Vocabulary, 'statuses'>,
): void {
  const calendar = by
    ? { key: by.key, version: by.version, timeZone: by.timeZone, hours: by.hours, holidays: by.holidays }
    : null
  const pausedIn = named ?? [...words.statuses.values()].flatMap(({ key, pausesSla }) => (pausesSla ? [key] : []))
  const definition: SlaDefinition = { targets, pausedIn, warningPercent, calendar }
  insert(slaRevisions, { policyKey, version, definition, createdAt: now })
}

const LAST_LOOK_MS = 10_000

/** Policies have changed: new events go by them at once, living tickets by jobs. */
export async function letTicketsFollow(context: CommandContext): Promise<void> {
  await bumpVocabulary(context)
  enqueueFollowing(context)
}

/** The jobs by which living tickets follow. */
export function enqueueFollowing(context: Pick<CommandContext, 'enqueue' | 'now'>): void {
  context.enqueue({ queue: 'sla.follow', data: { after: null } })
  // a request that was under way may still have written by the policies of before
  const startAt = new Date(Date.parse(context.now) + LAST_LOOK_MS).toISOString()
  context.enqueue({ queue: 'sla.follow', data: { after: null } }, startAt)
}

/** A calendar or a status has changed: each of these policies says something else from now on. */
export async function revise(
  context: CommandContext,
  policies: readonly SlaPolicyRow[],
  { calendars, words }: { calendars: readonly Hours[]; words: Pick<Vocabulary, 'statuses'> },
): Promise<void> {
  if (!policies.length) return
  for (const policy of policies) {
    context.update(slaPolicies, policy, { version: policy.version + 1, updatedAt: context.now })
    insertRevision(
      context,
      policy,
      calendars.find((each) => each.key === policy.calendar),
      words,
    )
    const { key, version } = policy
    context.emit({ type: 'sla_policy.changed', object: { type: 'sla_policy', id: key, version }, data: { key } })
  }
  await letTicketsFollow(context)
}

const byStatuses = prepare<object>()(() =>
  build
    .select(rowOf(slaPolicies))
    .from(slaPolicies)
    .where(isNull(slaPolicies.pausedIn))
    .orderBy(asc(slaPolicies.key))
    .for('update'),
)

/** A status pauses from now on, or does so no more: the policies that leave that to statuses follow. */
export async function reviseByStatuses(context: CommandContext, tx: Connection, words: Vocabulary): Promise<void> {
  const [{ rows }, calendars] = await Promise.all([tx.query(byStatuses.bind({})), allCalendars(tx)])
  await revise(context, rows, { calendars, words })
}
