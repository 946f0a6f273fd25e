import { type SQL, sql } from 'drizzle-orm'
import { prepareSql, unnamed } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { instantIn } from '../../kernel/instant.ts'
import { wrongParameter } from '../../kernel/page.ts'
import { isZone } from '../calendars/zones.ts'
import { refuseReports } from './asking.ts'
import {
  columnsOf,
  type Grouping,
  groupedBy,
  inOrderOf,
  organizationName,
  personName,
  spanOf,
  teamName,
  toldOf,
  valuesOf,
} from './grouping.ts'
import { REPORT_ROWS_MAX, type TimeGroup, type TimeReport, TimeReportInput, type TimeReportRow } from './schema.ts'

interface Bounds {
  from: string | null
  to: string | null
  zone: string
  personId: string | null
  ticketId: string | null
  organizationId: string | null
  project: string | null
  measured: boolean
}

const ticketName = (key: SQL) => sql`(select '#' || number || ' ' || subject from tickets where id = ${key})`

const groupings = (zone: SQL): Record<TimeGroup, Grouping> => ({
  person: { value: sql`e.person_id`, name: personName },
  ticket: { value: sql`e.ticket_id`, name: ticketName },
  team: { value: sql`t.team_id`, name: teamName },
  requester: { value: sql`t.requester_id`, name: personName },
  organization: { value: sql`t.organization_id`, name: organizationName },
  project: { value: sql`t.project` },
  type: { value: sql`t.type` },
  activity: { value: sql`e.activity` },
  source: { value: sql`e.source` },
  day: spanOf('day', sql`e.started_at`, zone),
  week: spanOf('week', sql`e.started_at`, zone),
  month: spanOf('month', sql`e.started_at`, zone),
})

// of as many forms as groups can be combined: none is prepared by name
const reportOf = (groups: readonly TimeGroup[], joins: boolean) =>
  unnamed(
    prepareSql<Bounds, TimeReportRow>()(($) => {
      const by = groups.map((group) => groupings(sql`${$.zone}::text`)[group])
      // rounded to whole minor units, halves away from nothing: whole numbers are divided towards nothing
      const amount = sql`(2 * e.billable_seconds * (e.rate->>'amount')::bigint + 3600 * sign(e.billable_seconds)::bigint) / 7200`
      // behind the fence the server expects few groups, as there are: else it would sort a million entries
      const spent = sql`select ${valuesOf(by)}e.rate->>'currency' as currency, e.duration_seconds, e.billable_seconds, ${amount} as amount
          from time_entries e ${joins ? sql`join tickets t on t.id = e.ticket_id` : sql``}
          where e.ended_at is not null and (e.source = 'automatic') = ${$.measured}::boolean
            and (${$.from}::timestamptz is null or e.started_at >= ${$.from}) and (${$.to}::timestamptz is null or e.started_at < ${$.to})
            and (${$.personId}::text is null or e.person_id = ${$.personId}) and (${$.ticketId}::text is null or e.ticket_id = ${$.ticketId})
            ${joins ? sql`and (${$.organizationId}::text is null or t.organization_id = ${$.organizationId}) and (${$.project}::text is null or t.project = ${$.project})` : sql``}
          offset 0`
      return sql`with counted as (
          select ${columnsOf(by)}, currency, count(*)::int as entries, sum(duration_seconds) as seconds, sum(billable_seconds) as billable, sum(amount)::bigint as amount
          from (${spent}) spent group by ${columnsOf(by)}, currency
        ), summed as (
          select ${columnsOf(by)}, sum(entries)::float8 as entries, sum(seconds)::float8 as seconds, sum(billable)::float8 as "billableSeconds",
            coalesce(jsonb_agg(jsonb_build_object('amount', amount, 'currency', currency) order by currency) filter (where currency is not null and amount <> 0), '[]') as amounts
          from counted ${groupedBy(by)} ${inOrderOf(by)} limit ${sql.raw(String(REPORT_ROWS_MAX + 1))}
        )
        select ${toldOf(by)}, entries, seconds, "billableSeconds", amounts from summed ${inOrderOf(by)}`
    }),
  )

/** What is read of tickets. */
const OF_TICKETS: readonly TimeGroup[] = ['team', 'requester', 'organization', 'project', 'type']

/** The time that was spent, summed by up to three things, for agents who see all tickets. A timer counts once it is stopped; reversals take away. */
export const timeReport = defineQuery({
  name: 'timeReport',
  group: 'time',
  input: TimeReportInput,
  refuse: refuseReports,

  async read({ db }, { groupBy, from, to, timeZone = 'UTC', measured = false, ...of }): Promise<TimeReport> {
    if (!isZone(timeZone)) throw wrongParameter('timeZone', `${timeZone} is no time zone`)
    const { personId = null, ticketId = null, organizationId = null, project = null } = of
    const bounds = {
      from: instantIn('/from', from) ?? null,
      to: instantIn('/to', to) ?? null,
      zone: timeZone,
      measured,
      personId,
      ticketId,
      organizationId,
      project,
    }
    const joins = organizationId !== null || project !== null || groupBy.some((group) => OF_TICKETS.includes(group))
    const { rows } = await db.query(reportOf(groupBy, joins).bind(bounds))
    return { groupBy, rows: rows.slice(0, REPORT_ROWS_MAX), isCapped: rows.length > REPORT_ROWS_MAX }
  },
})
