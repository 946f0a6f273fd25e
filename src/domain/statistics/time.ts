import { type SQL, sql } from 'drizzle-orm'
import { prepareSql, unnamed } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { instantIn } from '../../kernel/instant.ts'
import { wrongParameter } from '../../kernel/page.ts'
import { isZone } from '../calendars/zones.ts'
import { refuseReports } from './asking.ts'
import { type Grouping, listOf, namesOf, organizationName, personName, spanOf, teamName } from './grouping.ts'
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
  person: { key: sql`e.person_id`, name: personName },
  ticket: { key: sql`e.ticket_id`, name: ticketName },
  team: { key: sql`t.team_id`, name: teamName },
  requester: { key: sql`t.requester_id`, name: personName },
  organization: { key: sql`t.organization_id`, name: organizationName },
  project: { key: sql`t.project` },
  type: { key: sql`t.type` },
  activity: { key: sql`e.activity` },
  source: { key: sql`e.source` },
  day: spanOf('day', sql`e.started_at`, zone),
  week: spanOf('week', sql`e.started_at`, zone),
  month: spanOf('month', sql`e.started_at`, zone),
})

// of as many forms as groups can be combined: none is prepared by name
const reportOf = (groups: readonly TimeGroup[]) =>
  unnamed(
    prepareSql<Bounds, TimeReportRow>()(($) => {
      const by = groups.map((group) => groupings(sql`${$.zone}::text`)[group])
      const keys = listOf(by.map(({ key }) => key))
      return sql`with counted as (
          select ${keys} as keys, e.rate->>'currency' as currency,
            count(*)::int as entries, sum(e.duration_seconds) as seconds, sum(e.billable_seconds) as billable,
            sum(round(e.billable_seconds * (e.rate->>'amount')::numeric / 3600))::bigint as amount
          from time_entries e join tickets t on t.id = e.ticket_id
          where e.ended_at is not null and (e.source = 'automatic') = ${$.measured}::boolean
            and (${$.from}::timestamptz is null or e.started_at >= ${$.from}) and (${$.to}::timestamptz is null or e.started_at < ${$.to})
            and (${$.personId}::text is null or e.person_id = ${$.personId}) and (${$.ticketId}::text is null or e.ticket_id = ${$.ticketId})
            and (${$.organizationId}::text is null or t.organization_id = ${$.organizationId}) and (${$.project}::text is null or t.project = ${$.project})
          group by 1, e.rate->>'currency'
        )
        select keys, ${namesOf(by)} as names, sum(entries)::float8 as entries, sum(seconds)::float8 as seconds, sum(billable)::float8 as "billableSeconds",
          coalesce(jsonb_agg(jsonb_build_object('amount', amount, 'currency', currency) order by currency) filter (where currency is not null and amount <> 0), '[]') as amounts
        from counted group by keys order by keys limit ${sql.raw(String(REPORT_ROWS_MAX + 1))}`
    }),
  )

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
    const { rows } = await db.query(reportOf(groupBy).bind(bounds))
    return { groupBy, rows: rows.slice(0, REPORT_ROWS_MAX), isCapped: rows.length > REPORT_ROWS_MAX }
  },
})
