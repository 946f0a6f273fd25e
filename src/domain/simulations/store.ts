import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { after, DAY_MS, type Instant } from '../../kernel/clock.ts'
import { Problem } from '../../kernel/problems.ts'
import { TEXT_LENGTH_MAX } from '../rules/facts.ts'
import { GENERATIONS_MAX } from '../rules/guards.ts'
import type { Circumstances, SeenEvent } from './decide.ts'
import type { RuleSimulation } from './schema.ts'
import { ruleSimulations } from './table.ts'

export type SimulationRow = typeof ruleSimulations.$inferSelect

/** The row as it is read: without what only its next step needs. */
export const shownSimulation = ({ step: _s, cursor: _c, firings: _f, ...simulation }: SimulationRow): RuleSimulation =>
  simulation as RuleSimulation // the row is the resource

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(ruleSimulations)).from(ruleSimulations).where(eq(ruleSimulations.id, $.id)).for('update'),
)

export async function lockSimulation(tx: Connection, id: string): Promise<SimulationRow> {
  const [row] = (await tx.query(locked.bind({ id }))).rows
  if (!row) throw new Problem('simulation_not_found')
  return row
}

export const isUnfinished = ({ state }: Pick<SimulationRow, 'state'>): boolean =>
  state === 'queued' || state === 'running'

const unfinished = prepareSql<object, { count: number }>()(
  () => sql`select count(*)::int as count from rule_simulations where state in ('queued', 'running')`,
)

export const countUnfinished = async (tx: Connection): Promise<number> =>
  (await tx.query(unfinished.bind({}))).rows[0]?.count ?? 0

interface Period {
  types: readonly string[]
  from: Instant
  to: Instant
  /** Only events behind this one. */
  after: string
  max: number
}
type AskedPeriod = Omit<Period, 'types'> & { types: string[] }

// by the key alone: an index for every event would cost more than a walk now and then
const counted = prepareSql<AskedPeriod, { count: number }>()(
  ($) => sql`select count(*)::int as count from (select from events where id > ${$.after} and ticket_id is not null
    and type = any(${$.types}::text[]) and at between ${$.from} and ${$.to} limit ${$.max}) found`,
)

/** How many events of a period there are to look at, at most `max`. */
export const countEvents = async (tx: Connection, { types, ...period }: Period): Promise<number> =>
  (await tx.query(counted.bind({ ...period, types: [...types] }))).rows[0]?.count ?? 0

type EventRow = SeenEvent['event'] & { said: NonNullable<SeenEvent['said']> | null }

const textMax = sql.raw(String(TEXT_LENGTH_MAX))
const saidJson = sql`(select jsonb_build_object('visibility', m.visibility, 'channel', m.channel, 'bodyText', left(m.body_text, ${textMax}),
  'visibleText', left(m.visible_text, ${textMax}), 'verified', m.verified) from messages m where m.id = facts->>'messageId')`

const next = prepareSql<AskedPeriod, EventRow>()(
  (
    $,
  ) => sql`select id, type, channel, at, facts, actor_kind as "actorKind", actor_id as "actorId", ticket_id as "ticketId",
      request_id as "requestId", ${saidJson} as said
    from events where id > ${$.after} and ticket_id is not null and type = any(${$.types}::text[]) and at between ${$.from} and ${$.to}
    order by id limit ${$.max}`,
)

/** The next events of a period, in the order in which they were told. */
export async function nextEvents(tx: Connection, { types, ...period }: Period): Promise<SeenEvent[]> {
  const { rows } = await tx.query(next.bind({ ...period, types: [...types] }))
  return rows.map(({ said, ...event }) => ({ event, said: said ?? undefined }))
}

const depths = prepareSql<{ ids: string[] }, { id: string; depth: number }>()(
  ($) => sql`with recursive up(id, parent, depth) as (
      select id, cause->>'eventId', 0 from events where id = any(${$.ids}::text[])
      union all
      select up.id, e.cause->>'eventId', up.depth + 1 from up join events e on e.id = up.parent
        where up.depth < ${sql.raw(String(GENERATIONS_MAX))}
    )
    select id, max(depth) as depth from up group by id`,
)

const stoppers = prepareSql<
  { ids: string[]; ticketIds: string[]; key: string; position: number },
  { eventId: string; ruleKey: string }
>()(
  ($) => sql`select r.event_id as "eventId", r.rule_key as "ruleKey" from rule_runs r
    join rule_revisions d on d.rule_key = r.rule_key and d.revision = r.revision
    where r.ticket_id = any(${$.ticketIds}::text[]) and r.event_id = any(${$.ids}::text[]) and r.outcome = 'fired'
      and r.rule_key <> ${$.key} and (d.definition->>'stop')::boolean
      and ((d.definition->>'position')::int, r.rule_key) < (${$.position}::int, ${$.key}::text)`,
)

/** What was around events: how many generations of rules had been before, and which rule ahead of this one stopped them then. */
export async function circumstancesOf(
  tx: Pick<Connection, 'query'>,
  { ruleKey: key, rule: { position } }: SimulationRow,
  seen: readonly SeenEvent[],
): Promise<Circumstances> {
  if (!seen.length) return { depth: () => 0, stoppedBy: () => undefined }
  const ids = seen.map(({ event }) => event.id)
  const ticketIds = [...new Set(seen.map(({ event }) => event.ticketId))]
  const [generations, stopped] = await Promise.all([
    tx.query(depths.bind({ ids })),
    tx.query(stoppers.bind({ ids, ticketIds, key, position })),
  ])
  const depthOf = new Map(generations.rows.map(({ id, depth }) => [id, depth]))
  const stopperOf = new Map(stopped.rows.map(({ eventId, ruleKey }) => [eventId, ruleKey]))
  return { depth: (id) => depthOf.get(id) ?? 0, stoppedBy: (id) => stopperOf.get(id) }
}

const KEPT_MS = 30 * DAY_MS

const expire = prepareSql<{ before: Instant }, never>()(
  ($) => sql`delete from rule_simulations where created_at < ${$.before}`,
)

/** Forgets what is older than thirty days. */
export const forgetSimulations = async (tx: Pick<Connection, 'query'>, now: Instant): Promise<number> =>
  (await tx.query(expire.bind({ before: after(now, -KEPT_MS) }))).rowCount
