import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'

/** What an entry or its ticket has drawn from a contract, less what was taken back. */
export interface Drawn {
  contractId: string
  byTicket: boolean
  units: number
  /** What the last drawdown could not cover. */
  uncovered: number
}

interface Asked {
  entryId: string
  ticketId: string
}

const drawn = prepareSql<Asked, Drawn>()(
  ($) => sql`select contract_id as "contractId", time_entry_id is null as "byTicket", (-sum(amount))::bigint as units,
      coalesce((array_agg((explanation ->> 'uncovered')::bigint order by sequence desc) filter (where kind = 'drawdown'))[1], 0) as uncovered
    from contract_ledger where time_entry_id = ${$.entryId} or (ticket_id = ${$.ticketId} and time_entry_id is null)
    group by 1, 2 order by 1, 2`,
)

/** Whatever was drawn for an entry, and for its ticket where tickets draw. The command holds both: nobody else draws for them. */
export const drawnBy = async ({ query }: CommandContext, asked: Asked): Promise<Drawn[]> =>
  (await query(drawn.bind(asked))).rows

const billable = prepareSql<{ ticketId: string }, { isThere: boolean }>()(
  ($) => sql`select exists (select from time_entries e where e.ticket_id = ${$.ticketId} and e.billable_seconds > 0
    and not exists (select from time_entries r where r.reverses_id = e.id)) as "isThere"`,
)

/** Whether a ticket still has billable time that nobody took back. */
export const hasBillable = async ({ query }: CommandContext, ticketId: string): Promise<boolean> =>
  (await query(billable.bind({ ticketId }))).rows[0]?.isThere ?? false
