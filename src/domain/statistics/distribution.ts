import { type Placeholder, sql } from 'drizzle-orm'
import { prepareSql, unnamed } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { tickets } from '../tickets/table.ts'
import { refuseReports, type Which, whichTickets } from './asking.ts'
import { columnsOf, groupedBy, ticketGroupings, toldOf, valuesOf } from './grouping.ts'
import {
  REPORT_ROWS_MAX,
  type TicketDistribution,
  TicketDistributionInput,
  type TicketDistributionRow,
  type TicketGroup,
} from './schema.ts'

/** In the words of the partial indices. */
export const unresolved = sql.raw(`"tickets"."status_category" in ('open', 'waiting_on_customer', 'waiting_on_other')`)

/** How tickets are spread now by one or two things: the unresolved ones, or those of a condition. */
export const ticketDistribution = defineQuery({
  name: 'ticketDistribution',
  group: 'tickets',
  input: TicketDistributionInput,
  refuse: refuseReports,

  async read(context, { groupBy, condition }): Promise<TicketDistribution> {
    const which = await whichTickets(context, condition)
    const statement = spreadOf(groupBy, which, condition === undefined)
    const { rows } = await context.db.query(statement.bind(which.values))
    return { groupBy, rows: rows.slice(0, REPORT_ROWS_MAX), isCapped: rows.length > REPORT_ROWS_MAX }
  },
})

const spreadOf = (groups: readonly TicketGroup[], which: Which, isOfUnresolved: boolean) =>
  unnamed(
    prepareSql<Record<string, unknown>, TicketDistributionRow>()(($: Record<string, Placeholder>) => {
      const by = groups.map((group) => ticketGroupings[group])
      const where = which.where((name) => sql`${$[name]}`)
      return sql`with counted as (
          select ${valuesOf(by)}count(*)::int as tickets from ${tickets}
          where ${isOfUnresolved ? unresolved : sql`true`} and ${where} ${groupedBy(by)}
        )
        select ${toldOf(by)}, tickets from counted order by tickets desc, ${columnsOf(by)} limit ${sql.raw(String(REPORT_ROWS_MAX + 1))}`
    }),
  )
