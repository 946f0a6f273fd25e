import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'

/** Rule → how often it fired on one ticket within the hour. */
export type Firings = ReadonlyMap<string, number>

const lately = prepareSql<{ ticketId: string; now: string }, { key: string; count: number }>()(
  ($) => sql`select rule_key as key, count(*)::int as count from rule_runs where ticket_id = ${$.ticketId}
    and outcome = 'fired' and at > ${$.now}::timestamptz - interval '1 hour' group by 1`,
  { merges: true },
)

/** What fired on a ticket within the hour. */
export async function firedLately(
  { query }: Pick<Connection, 'query'>,
  ticketId: string,
  now: Instant,
): Promise<Firings> {
  const { rows } = await query(lately.bind({ ticketId, now }))
  return new Map(rows.map(({ key, count }) => [key, count]))
}
