import { and, eq, sql } from 'drizzle-orm'
import { build, named, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { isAdmin } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, NoInput } from '../../kernel/schema.ts'
import { type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { TREE_DEPTH_MAX } from '../relations/decide.ts'
import { ticket } from '../tickets/queries.ts'
import { hangsOnSeen, listedFor, seenTicket } from '../tickets/reach.ts'
import { TicketAct, TicketRef } from '../tickets/schema.ts'
import { tickets } from '../tickets/table.ts'
import {
  entrySources,
  entryStates,
  SheetAct,
  type TicketTime,
  type TimeEntry,
  TimeEntryAct,
  type TimeSettings,
  type TimeSum,
  type Timesheet,
} from './schema.ts'
import { readWeek, sheetOf } from './sheets.ts'
import { findSettings, shownEntry } from './store.ts'
import { timeEntries } from './table.ts'

// of a timer that runs: what it has by now
const elapsed = sql<number>`case when ${timeEntries.resumedAt} is null then ${timeEntries.durationSeconds}
  else ${timeEntries.durationSeconds} + floor(extract(epoch from clock_timestamp() - ${timeEntries.resumedAt}))::int end`
const { resumedAt: _, ...plain } = rowOf(timeEntries)
const columns = { ...plain, durationSeconds: named<number>('durationSeconds', elapsed) }

const list: List<TimeEntry> = {
  name: 'time_entries',
  columns,
  from: timeEntries,
  id: timeEntries.id,
  filters: {
    ticketId: { column: timeEntries.ticketId, kind: 'reference' },
    personId: { column: timeEntries.personId, kind: 'reference' },
    activity: { column: timeEntries.activity, kind: 'reference' },
    billable: { column: timeEntries.billable, kind: 'boolean' },
    source: { column: timeEntries.source, kind: 'text', literals: entrySources },
    state: { column: timeEntries.state, kind: 'text', literals: entryStates },
    week: { column: timeEntries.week, kind: 'text' },
    startedAt: { column: timeEntries.startedAt, kind: 'instant' },
  },
  sorts: {
    createdAt: { column: timeEntries.id, property: 'id' },
    startedAt: { column: timeEntries.startedAt, property: 'startedAt' },
  },
  defaultSort: '-createdAt',
}
/** What may be asked of all entries, and of those of one ticket. */
export const timeEntryList: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort'> = list
const { ticketId: _ofTicket, ...ticketFilters } = list.filters
export const ticketTimeList: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort'> = {
  ...list,
  filters: ticketFilters,
}

const entriesFor = listedFor(list, timeEntries.ticketId)

/** The time that was spent, by anybody on any ticket that is seen. */
export const timeEntriesQuery = defineQuery({
  name: 'timeEntries',
  group: 'time',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, page) => readPage(entriesFor(context.actor), context, page),
})

/** The time that was spent on one ticket. */
export const ticketTimeEntries = defineQuery({
  name: 'ticketTimeEntries',
  group: 'time',
  input: Closed({ ticketId: TicketRef, page: PageInput }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { ticketId, page }) {
    const { id } = await ticket.read(context, { ticketId })
    const ofTicket = { field: 'ticketId', op: 'is' as const, values: [id] }
    return readPage(list, context, { ...page, filters: [...(page.filters ?? []), ofTicket] })
  },
})

const byId = prepare<{ id: string } & Viewing>()(($) =>
  build
    .select(rowOf(timeEntries))
    .from(timeEntries)
    .where(and(eq(timeEntries.id, $.id), hangsOnSeen(timeEntries.ticketId, viewerIn($)))),
)

/** One entry. */
export const timeEntry = defineQuery({
  name: 'timeEntry',
  group: 'time',
  input: TimeEntryAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor, now }, { timeEntryId }): Promise<TimeEntry> {
    const [row] = (await db.query(byId.bind({ id: timeEntryId, ...viewing(actor) }))).rows
    if (!row) throw new Problem('time_entry_not_found')
    return shownEntry(row, now)
  },
})

const own = prepare<{ personId: string }>()(($) =>
  build
    .select(rowOf(timeEntries))
    .from(timeEntries)
    .where(and(eq(timeEntries.personId, $.personId), sql`${timeEntries.state} in ('running', 'paused')`))
    .orderBy(sql`${timeEntries.state} desc, ${timeEntries.id} desc`)
    .limit(100),
)

/** The caller's timers, the one that runs first. */
export const timersQuery = defineQuery({
  name: 'timers',
  group: 'time',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db, actor, now }): Promise<TimeEntry[]> =>
    (await db.query(own.bind({ personId: actor.id }))).rows.map((row) => shownEntry(row, now)),
})

const NOTHING: TimeSum = { seconds: 0, billableSeconds: 0, measuredSeconds: 0 }
const LEVELS = sql.raw(String(2 * TREE_DEPTH_MAX)) // each level may have taken in others

const sums = prepareSql<{ id: string } & Viewing, TimeSum & { isOwn: boolean }>()(
  ($) => sql`with recursive parts as (
      select id, 1 as level from tickets where id = ${$.id}
      union all select t.id, parts.level + 1 from parts, lateral (
        select id from tickets where parent_id = parts.id union select id from tickets where merged_into_id = parts.id) t where parts.level < ${LEVELS}
    )
    select e.ticket_id = ${$.id} as "isOwn", sum(case when e.source = 'automatic' then 0 else e.duration_seconds end)::float8 as seconds,
      sum(e.billable_seconds)::float8 as "billableSeconds", sum(case when e.source = 'automatic' then e.duration_seconds else 0 end)::float8 as "measuredSeconds"
    from time_entries e join (select distinct id from parts) parts on parts.id = e.ticket_id join ${tickets} on ${tickets.id} = parts.id
    where e.ended_at is not null and ${seenTicket(viewerIn($))} group by 1`,
)

/** The time that was spent on a ticket, and on it with all its parts and what was merged into it; a timer counts once it is stopped. */
export const ticketTime = defineQuery({
  name: 'ticketTime',
  group: 'time',
  input: TicketAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { ticketId: ref }): Promise<TicketTime> {
    const { id: ticketId } = await ticket.read(context, { ticketId: ref })
    const { rows } = await context.db.query(sums.bind({ id: ticketId, ...viewing(context.actor) }))
    const sum = (some: readonly TimeSum[]): TimeSum =>
      some.reduce(
        (all, each) => ({
          seconds: all.seconds + each.seconds,
          billableSeconds: all.billableSeconds + each.billableSeconds,
          measuredSeconds: all.measuredSeconds + each.measuredSeconds,
        }),
        NOTHING,
      )
    return { ticketId, own: sum(rows.filter(({ isOwn }) => isOwn)), total: sum(rows) }
  },
})

/** The week of a person: one's own, or for admins anybody's. */
export const timesheet = defineQuery({
  name: 'timesheet',
  group: 'time',
  input: SheetAct,
  refuse: (actor, { personId }) =>
    refuseStaffOnly(actor) ?? (actor.id === personId || isAdmin(actor) ? undefined : 'forbidden'),
  read: async ({ db }, input): Promise<Timesheet> => sheetOf(await readWeek(db, input, false)),
})

/** How billable time is rounded. */
export const timeSettingsQuery = defineQuery({
  name: 'timeSettings',
  group: 'time',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }): Promise<TimeSettings> {
    const { id: _id, ...settings } = (await findSettings(db)).row
    return settings
  },
})
