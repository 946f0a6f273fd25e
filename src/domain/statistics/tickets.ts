import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { LRUCache } from 'lru-cache'
import { prepareSql, unnamed } from '../../db/statement.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import type { Calendar } from '../calendars/schema.ts'
import { allCalendars } from '../calendars/store.ts'
import { workedBetween, YEARS_MS } from '../calendars/working.ts'
import { tickets } from '../tickets/table.ts'
import { refuseReports, stretchIn, type Which, whichTickets } from './asking.ts'
import {
  columnsOf,
  type Grouping,
  groupedBy,
  inOrderOf,
  spanOf,
  ticketGroupings,
  toldOf,
  valuesOf,
} from './grouping.ts'
import {
  REPORT_ROWS_MAX,
  type Span,
  spans,
  type TicketGroup,
  type TicketReport,
  TicketReportInput,
  type TicketReportRow,
} from './schema.ts'

type Group = TicketGroup | Span
type At = (name: string) => SQL

/**
 * What happened to tickets in a stretch of time, each figure by its own moment: opened, first replied to, solved, reopened. A ticket counts
 * with what it belongs to now. Times are whole seconds, of a calendar's working time where one is named: up to ten years before `from` are looked at.
 */
export const ticketReport = defineQuery({
  name: 'ticketReport',
  group: 'tickets',
  input: TicketReportInput,
  refuse: refuseReports,

  async read(context, { groupBy = [], calendar, condition, ...asked }): Promise<TicketReport> {
    const { from, to, zone } = stretchIn(asked, context.now)
    const which = await whichTickets(context, condition)
    const worked = calendar === undefined ? undefined : await workedOf(context, calendar, from, to)
    const statement = reportOf(groupBy, which, worked !== undefined)
    const { rows } = await context.db.query(statement.bind({ ...which.values, ...worked, from, to, zone }))
    return { groupBy, rows: rows.slice(0, REPORT_ROWS_MAX), isCapped: rows.length > REPORT_ROWS_MAX }
  },
})

/**
 * The working time of a calendar as the statement takes it: when each part begins, what is to be added to a moment in it to have what was
 * worked until then, and what was worked at its end.
 */
interface Worked {
  begins: string
  shifts: string
  sums: string
}

/** The same is asked for over and over while days go by. */
const kept = new LRUCache<string, Worked>({ max: 20 })
const DAY_MS = 86_400_000

async function workedOf({ db }: QueryContext, key: string, from: string, to: string): Promise<Worked> {
  const calendar = (await allCalendars(db)).find((each) => each.key === key)
  if (!calendar) throw invalid('/calendar', 'not_found', `${key} is no calendar`)
  if (Date.parse(to) - Date.parse(from) > YEARS_MS)
    throw invalid('/from', 'range', 'is more than ten years before the end: too much for working time')
  // whole days, so that the next minute asks for the same
  const first = Math.floor(Date.parse(from) / DAY_MS) * DAY_MS - YEARS_MS
  const last = Math.ceil(Date.parse(to) / DAY_MS) * DAY_MS
  const { timeZone, hours, holidays } = calendar
  const name = JSON.stringify([timeZone, hours, holidays, first, last])
  const known = kept.get(name) ?? workedBy(calendar, first, last)
  kept.set(name, known)
  return known
}

function workedBy(calendar: Calendar, first: number, last: number): Worked {
  const [begins, shifts, sums]: [number[], number[], number[]] = [[], [], []]
  let sum = 0
  for (const part of workedBetween(calendar, first, last)) {
    const begun = part.from / 1_000
    begins.push(begun)
    shifts.push(sum - begun)
    sum += part.to / 1_000 - begun
    sums.push(sum)
  }
  const array = (numbers: readonly number[]) => `{${numbers.join()}}`
  return { begins: array(begins), shifts: array(shifts), sums: array(sums) }
}

/** So much was worked until a moment: the part in which it lies is found by halving. */
function workedUntil(moment: SQL, at: At): SQL {
  const epoch = sql`extract(epoch from ${moment})::float8`
  const part = sql`width_bucket(${epoch}, ${at('begins')}::float8[])`
  return sql`coalesce(least(${epoch} + (${at('shifts')}::float8[])[${part}], (${at('sums')}::float8[])[${part}]), 0)`
}

const took = (until: PgColumn, isWorked: boolean, at: At): SQL =>
  isWorked
    ? sql`floor(${workedUntil(sql`${until}`, at)} - ${workedUntil(sql`${tickets.createdAt}`, at)})`
    : sql`floor(extract(epoch from ${until} - ${tickets.createdAt}))`

const isSpan = (group: Group): group is Span => spans.some((span) => span === group)

// of as many forms as groups and conditions can be combined: none is prepared by name
function reportOf(groups: readonly Group[], which: Which, isWorked: boolean) {
  return unnamed(
    prepareSql<Record<string, unknown>, TicketReportRow>()(($: Record<string, Placeholder>) => {
      const at: At = (name) => sql`${$[name]}`
      const groupingsAt = (moment: SQL): Grouping[] =>
        groups.map((group) => (isSpan(group) ? spanOf(group, moment, at('zone')) : ticketGroupings[group]))
      const within = (moment: SQL) => sql`${moment} >= ${at('from')} and ${moment} < ${at('to')}`
      const happened = (kind: string, moment: SQL, seconds: SQL, more = sql``) =>
        sql`select ${sql.raw(`'${kind}'`)} as kind, ${valuesOf(groupingsAt(moment))}${seconds}::float8 as seconds
          from ${tickets} ${more} where ${within(moment)} and ${which.where(at)}`
      const reopening = sql`join events on events.ticket_id = ${tickets.id} and ${isReopening}`
      const of = (kind: string) => sql.raw(`filter (where kind = '${kind}')`)
      const durations = (kind: string) =>
        sql`jsonb_build_object('tickets', count(*) ${of(kind)}, 'averageSeconds', round(avg(seconds) ${of(kind)}),
          'medianSeconds', round(percentile_cont(0.5) within group (order by seconds) ${of(kind)}),
          'p90Seconds', round(percentile_cont(0.9) within group (order by seconds) ${of(kind)}))`
      return sql`with happened as (
          ${happened('opened', sql`${tickets.createdAt}`, sql`null`)}
          union all ${happened('replied', sql`${tickets.firstRepliedAt}`, took(tickets.firstRepliedAt, isWorked, at))}
          union all ${happened('solved', sql`${tickets.solvedAt}`, took(tickets.solvedAt, isWorked, at))}
          union all ${happened('reopened', sql`events.at`, sql`null`, reopening)}
        ), counted as (
          select ${columnsOf(groups, ', ')}count(*) ${of('opened')}::float8 as opened, count(*) ${of('solved')}::float8 as solved, count(*) ${of('reopened')}::float8 as reopened,
            ${durations('replied')} as "firstReply", ${durations('solved')} as resolution
          from happened ${groupedBy(groups)}
        )
        select ${toldOf(groupingsAt(sql`null`))}, opened, solved, reopened,
          round((reopened / nullif(solved, 0))::numeric, 4)::float8 as "reopenRate", "firstReply", resolution
        from counted ${inOrderOf(groups)} limit ${sql.raw(String(REPORT_ROWS_MAX + 1))}`
    }),
  )
}

// in the words of the index on events
const isReopening = sql.raw(
  `events.type = 'ticket.changed' and events.changes #>> '{solvedAt,from}' is not null and events.changes #>> '{solvedAt,to}' is null`,
)
