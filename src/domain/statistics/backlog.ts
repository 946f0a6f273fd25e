import { type Placeholder, sql } from 'drizzle-orm'
import { prepareSql, unnamed } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { tickets } from '../tickets/table.ts'
import { refuseReports, stretchIn, type Which, whichTickets } from './asking.ts'
import { BACKLOG_STEPS_MAX, type BacklogReport, BacklogReportInput, type BacklogStep, type Span } from './schema.ts'

/**
 * How work came in and went out, step by step, and what lay there at the end of each. A ticket that was reopened counts as unresolved from
 * its opening on, and one that was solved as solved with its last solution.
 */
export const backlogReport = defineQuery({
  name: 'backlogReport',
  group: 'tickets',
  input: BacklogReportInput,
  refuse: refuseReports,

  async read(context, { step = 'day', condition, ...asked }): Promise<BacklogReport> {
    const { from, to, zone } = stretchIn(asked, context.now)
    const which = await whichTickets(context, condition)
    const days = beginnings(step, localDate(from, zone), localDate(new Date(Date.parse(to) - 1).toISOString(), zone))
    const { rows } = await context.db.query(movesOf(step, which).bind({ ...which.values, from, to, zone }))
    const moves = new Map(rows.map((row) => [row.on, row]))
    const { opened = 0, solved = 0 } = moves.get(null) ?? {}
    const before = opened - solved
    let unresolved = before
    const steps = days.map((on): BacklogStep => {
      const { opened = 0, solved = 0 } = moves.get(on) ?? {}
      unresolved += opened - solved
      return { on, opened, solved, unresolved }
    })
    return { step, before, steps }
  },
})

type Move = Pick<BacklogStep, 'opened' | 'solved'> & { on: string | null }

const movesOf = (step: Span, which: Which) =>
  unnamed(
    prepareSql<Record<string, unknown>, Move>()(($: Record<string, Placeholder>) => {
      const where = which.where((name) => sql`${$[name]}`)
      const moved = (column: 'createdAt' | 'solvedAt', isOpened: boolean) =>
        sql`select ${tickets[column]} as at, ${sql.raw(String(isOpened))} as "isOpened" from ${tickets} where ${tickets[column]} < ${$.to} and ${where}`
      // what came before is one sum
      const on = sql`case when at >= ${$.from} then to_char(date_trunc(${step}::text, at at time zone ${$.zone}), 'YYYY-MM-DD') end`
      return sql`select ${on} as "on", count(*) filter (where "isOpened")::int as opened, count(*) filter (where not "isOpened")::int as solved
        from (${moved('createdAt', true)} union all ${moved('solvedAt', false)}) moved group by 1`
    }),
  )

const DAY_MS = 86_400_000

/** The date on the calendar of a zone, as 2026-11-22. */
const localDate = (instant: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(Date.parse(instant))

/** The first days of all steps from one date to another, both in them; weeks begin on Monday (ISO 8601). */
function beginnings(step: Span, first: string, last: string): string[] {
  const found: string[] = []
  for (let day = beginningOf(step, Date.parse(first)); day <= Date.parse(last); day = nextAfter(step, day)) {
    if (found.length === BACKLOG_STEPS_MAX)
      throw invalid('/step', 'too_many', `would have more than ${BACKLOG_STEPS_MAX} steps`)
    found.push(new Date(day).toISOString().slice(0, 10))
  }
  return found
}

function beginningOf(step: Span, day: number): number {
  if (step === 'week') return day - ((new Date(day).getUTCDay() + 6) % 7) * DAY_MS
  return step === 'month' ? Date.parse(`${new Date(day).toISOString().slice(0, 7)}-01`) : day
}

function nextAfter(step: Span, day: number): number {
  if (step !== 'month') return day + (step === 'week' ? 7 : 1) * DAY_MS
  const date = new Date(day)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}
