import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { after, DAY_MS, type Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import { TEXT_LENGTH_MAX } from '../rules/facts.ts'
import type { SeenEvent } from './asked.ts'
import type { RuleSimulation, TicketPast } from './schema.ts'
import { ruleSimulations, ruleSimulationTickets } from './table.ts'

export type SimulationRow = typeof ruleSimulations.$inferSelect

/** The row as it is read: without what only its next step needs. */
export const shownSimulation = ({ step: _s, cursor: _c, ...simulation }: SimulationRow): RuleSimulation =>
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
  ($) => sql`select id, type, channel, at, facts, ticket_id as "ticketId", object_id as "objectId",
      request_id as "requestId", ${saidJson} as said
    from events where id > ${$.after} and ticket_id is not null and type = any(${$.types}::text[]) and at between ${$.from} and ${$.to}
    order by id limit ${$.max}`,
)

/** The next events of a period, in the order in which they were told. */
export async function nextEvents(tx: Connection, { types, ...period }: Period): Promise<SeenEvent[]> {
  const { rows } = await tx.query(next.bind({ ...period, types: [...types] }))
  return rows.map(({ said, ...event }) => ({ event, said: said ?? undefined }))
}

const pasts = prepareSql<{ simulationId: string; ticketIds: string[] }, { ticketId: string; past: TicketPast }>()(
  ($) => sql`select ticket_id as "ticketId", past from ${ruleSimulationTickets}
    where simulation_id = ${$.simulationId} and ticket_id = any(${$.ticketIds}::text[])`,
)

/** What a simulation remembers of the tickets of events. */
export async function pastsOf(
  tx: Connection,
  simulationId: string,
  seen: readonly SeenEvent[],
): Promise<ReadonlyMap<string, TicketPast>> {
  const ticketIds = [...new Set(seen.map(({ event }) => event.ticketId))]
  const { rows } = await tx.query(pasts.bind({ simulationId, ticketIds }))
  return new Map(rows.map(({ ticketId, past }) => [ticketId, past]))
}

const remember = prepareSql<{ simulationId: string; ticketIds: string[]; pasts: string[] }, never>()(
  ($) => sql`insert into ${ruleSimulationTickets} (simulation_id, ticket_id, past)
    select ${$.simulationId}, ticket_id, past::jsonb from unnest(${$.ticketIds}::text[], ${$.pasts}::text[]) as new (ticket_id, past)
    on conflict (simulation_id, ticket_id) do update set past = excluded.past`,
)

/** Keeps what has changed for the next step. */
export function rememberPasts(
  { send }: Pick<CommandContext, 'send'>,
  simulationId: string,
  { before, after }: { before: ReadonlyMap<string, TicketPast>; after: ReadonlyMap<string, TicketPast> },
): void {
  const changed = [...after].filter(([ticketId, past]) => before.get(ticketId) !== past)
  if (!changed.length) return
  const ticketIds = changed.map(([ticketId]) => ticketId)
  send(remember.bind({ simulationId, ticketIds, pasts: changed.map(([, past]) => JSON.stringify(past)) }))
}

const forgetOf = prepareSql<{ simulationId: string }, never>()(
  ($) => sql`delete from ${ruleSimulationTickets} where simulation_id = ${$.simulationId}`,
)

/** Of one that is over nobody asks any more. */
export const forgetPasts = ({ send }: Pick<CommandContext, 'send'>, simulationId: string): void =>
  send(forgetOf.bind({ simulationId }))

const KEPT_MS = 30 * DAY_MS

const expire = prepareSql<{ before: Instant }, never>()(
  ($) => sql`delete from rule_simulations where created_at < ${$.before}`,
)

/** Forgets what is older than thirty days. */
export const forgetSimulations = async (tx: Pick<Connection, 'query'>, now: Instant): Promise<number> =>
  (await tx.query(expire.bind({ before: after(now, -KEPT_MS) }))).rowCount
