import { and, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { Changes } from '../../kernel/events.ts'
import { Problem } from '../../kernel/problems.ts'
import { ticketFacts } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { billed, secondsBetween } from './decide.ts'
import { DURATION_MAX, type SheetState, type TimeEntry, type TimeSettings } from './schema.ts'
import { timeEntries, timeSettings } from './table.ts'

export type EntryRow = typeof timeEntries.$inferSelect

/** An entry as it is read: what a running timer has by now. */
export function shownEntry({ resumedAt, ...entry }: EntryRow, now: Instant): TimeEntry {
  return { ...entry, durationSeconds: elapsed({ ...entry, resumedAt }, now) }
}

/** What a timer has by now; past the longest entry it counts no more. */
export const elapsed = (
  { durationSeconds, resumedAt }: Pick<EntryRow, 'durationSeconds' | 'resumedAt'>,
  now: Instant,
): number =>
  resumedAt === null ? durationSeconds : Math.min(durationSeconds + secondsBetween(resumedAt, now), DURATION_MAX)

const byId = prepare<{ id: string }>()(($) =>
  build.select(rowOf(timeEntries)).from(timeEntries).where(eq(timeEntries.id, $.id)).for('update'),
)
export const lockEntry = async (tx: Connection, id: string): Promise<EntryRow | undefined> =>
  (await tx.query(byId.bind({ id }))).rows[0]

const lastTime = prepareSql<{ ticketId: string; without: string }, { lastTimeAt: Instant | null }>()(
  ($) => sql`select max(greatest(e.created_at, e.ended_at)) as "lastTimeAt" from time_entries e
    where e.ticket_id = ${$.ticketId} and e.id <> ${$.without} and e.ended_at is not null and e.source <> 'automatic' and e.reverses_id is null
      and not exists (select 1 from time_entries r where r.reverses_id = e.id)`,
)

/** When time was last logged on the ticket of an entry, as if that entry had never been. */
export async function lastTimeWithout(
  tx: Connection,
  { id: without, ticketId }: Pick<EntryRow, 'id' | 'ticketId'>,
): Promise<Instant | null> {
  const [row] = (await tx.query(lastTime.bind({ ticketId, without }))).rows
  return row?.lastTimeAt ?? null
}

/** An activity that was removed just now. */
export const ACTIVITY_GONE = { time_entries_activity_activities_key_fk: 'activity_not_found' } as const

const timersOf = prepare<{ personId: string }>()(($) =>
  build
    .select(rowOf(timeEntries))
    .from(timeEntries)
    .where(and(eq(timeEntries.personId, $.personId), sql`${timeEntries.state} in ('running', 'paused')`))
    .orderBy(timeEntries.id)
    .for('update'),
)
/** The timers of a person, of which at most one runs. */
export const lockTimers = async (tx: Connection, personId: string): Promise<EntryRow[]> =>
  (await tx.query(timersOf.bind({ personId }))).rows

const settings = prepare()(() => build.select(rowOf(timeSettings)).from(timeSettings).limit(1))
const DEFAULT = { id: 'desk', roundToSeconds: 1, rounding: 'up', minimumSeconds: 0, version: 1 } as const

/** How time is rounded; where nobody has said anything, to the second. */
export async function findSettings(
  tx: Connection,
): Promise<{ row: typeof timeSettings.$inferSelect; isStored: boolean }> {
  const [row] = (await tx.query(settings.bind({}))).rows
  return { row: row ?? { ...DEFAULT }, isStored: row !== undefined }
}

// whoever hands in a week holds the person: one comes after the other
const holdWeeks = prepareSql<{ personId: string }, { id: string }>()(
  ($) => sql`select id from people where id = ${$.personId} for share`,
)
const sheets = prepareSql<{ personId: string; weeks: string[]; open: string[] }, { week: string; state: string }>()(
  (
    $,
  ) => sql`select week, state from timesheets where person_id = ${$.personId} and week = any(${$.weeks}::text[]) and state <> all(${$.open}::text[])
    order by week limit 1`,
)

/** What refuses a change of these weeks where one was handed in, or is in none of the states `open`; said after the question of rights. */
export async function closedWeek(
  tx: Connection,
  personId: string,
  weeks: readonly string[],
  open: readonly SheetState[] = ['open', 'rejected'],
): Promise<Problem | undefined> {
  await tx.query(holdWeeks.bind({ personId }))
  const [found] = (await tx.query(sheets.bind({ personId, weeks: [...weeks], open: [...open] }))).rows
  if (!found) return
  const { week, state } = found
  return new Problem('timesheet_closed', { detail: `The timesheet of ${week} is ${state}`, week })
}

/** What is billed of an entry, by the rule that holds now. */
export const billableOf = (
  entry: { billable: boolean; durationSeconds: number },
  rounding: Omit<TimeSettings, 'version'>,
): number => (entry.billable ? billed(entry.durationSeconds, rounding) : 0)

/** What an event of time hands on: the entry, and what of it was changed. */
export type TimeWorking = LockedTicket & { entry: EntryRow; changes: Changes }

type TimeEvent = 'timer.started' | 'timer.paused' | 'timer.stopped' | 'time.changed' | 'time.removed'

/** Tells what happened to an entry, with the facts of its ticket: rules may follow from it. */
export function tellTime(
  { emit, actor, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  entry: EntryRow,
  type: TimeEvent | 'time.logged',
  changes: Changes = {},
): void {
  const { id: timeEntryId, personId, durationSeconds, source } = entry
  const working: TimeWorking = { ticket, ...parties, entry, changes }
  const about = {
    ticketId: ticket.id,
    object: { type: 'time_entry', id: timeEntryId, version: entry.version },
    facts: ticketFacts({ before: ticket, after: ticket, ...parties, actor, versions }),
    working,
  }
  if (type === 'time.logged') emit({ ...about, type, data: { timeEntryId, personId, durationSeconds, source } })
  else emit({ ...about, type, data: { timeEntryId } })
}
