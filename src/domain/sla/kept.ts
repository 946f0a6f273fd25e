import { asc, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { markOf } from './decide.ts'
import type { ClockState, Entry, Standing } from './moves.ts'
import { type SlaMetric, slaMetrics } from './schema.ts'
import { slaClocks, slaLog, slaTickets } from './table.ts'

type TicketClocksRow = typeof slaTickets.$inferSelect
export type ClockRow = typeof slaClocks.$inferSelect

/** The rows of a ticket's clocks, as their transaction holds them; without a first one nothing is kept yet. */
export interface Kept {
  ticket: TicketClocksRow | undefined
  clocks: Partial<Record<SlaMetric, ClockRow>>
}

const ticketRows = prepare<{ ids: string[] }>()(($) =>
  build.select(rowOf(slaTickets)).from(slaTickets).where(sql`${slaTickets.ticketId} = any(${$.ids}::text[])`),
)
const clockRows = prepare<{ ids: string[] }>()(($) =>
  build
    .select(rowOf(slaClocks))
    .from(slaClocks)
    .where(sql`${slaClocks.ticketId} = any(${$.ids}::text[])`)
    .orderBy(asc(slaClocks.ticketId), asc(slaClocks.metric)),
)

/** What is kept of these tickets. Who is to change it holds their locks. */
export async function keptOf(query: Connection['query'], ticketIds: readonly string[]): Promise<Map<string, Kept>> {
  const asked = { ids: [...ticketIds] }
  const [tickets, clocks] = await Promise.all([query(ticketRows.bind(asked)), query(clockRows.bind(asked))])
  const kept = new Map<string, Kept>(ticketIds.map((id) => [id, { ticket: undefined, clocks: {} }]))
  for (const row of tickets.rows) {
    const one = kept.get(row.ticketId)
    if (one) one.ticket = row
  }
  for (const row of clocks.rows) {
    const one = kept.get(row.ticketId)
    if (one) one.clocks[row.metric] = row
  }
  return kept
}

/** How the clocks of a ticket stand, from its rows. */
export function standingOf({ ticket, clocks }: Kept): Standing | undefined {
  if (!ticket) return
  const { ticketId: _, sequence: _s, ...standing } = ticket
  return {
    ...standing,
    clocks: Object.fromEntries(
      slaMetrics.flatMap((metric) => (clocks[metric] ? [[metric, clockOf(clocks[metric])]] : [])),
    ),
  }
}

const clockOf = ({
  id: _,
  ticketId: _t,
  metric: _m,
  countedAt: _c,
  tryAt: _ta,
  attempts: _a,
  ...clock
}: ClockRow): ClockState => clock

/** Writes how the clocks stand now, and by which entries they came to. */
export function keep(
  { insert, update }: Pick<CommandContext, 'insert' | 'update'>,
  ticketId: string,
  kept: Kept,
  { standing, entries }: { standing: Standing; entries: readonly Entry[] },
): void {
  let sequence = kept.ticket?.sequence ?? 0
  for (const entry of entries) insert(slaLog, { ticketId, sequence: ++sequence, ...entry })
  const { clocks, ...rest } = standing
  const row = { sequence, ...rest }
  if (kept.ticket) update(slaTickets, kept.ticket, row)
  else {
    kept.ticket = { ticketId, ...row }
    insert(slaTickets, kept.ticket)
  }
  for (const metric of slaMetrics) {
    const clock = clocks[metric]
    if (!clock) continue
    const values = { ...clock, countedAt: standing.at, tryAt: markOf(metric, clock)?.at ?? null, attempts: 0 }
    const known = kept.clocks[metric]
    if (known) update(slaClocks, known, values)
    else {
      const made = { id: newId('slc'), ticketId, metric, ...values }
      kept.clocks[metric] = made
      insert(slaClocks, made)
    }
  }
}
