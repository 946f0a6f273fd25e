import { and, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { Actor } from '../../kernel/actor.ts'
import { isAdmin, isStaff } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem, type ProblemCode } from '../../kernel/problems.ts'
import { findPerson, lockPerson } from '../people/store.ts'
import { datesOf, localDay } from './decide.ts'
import type { EntryState, SheetState, Timesheet } from './schema.ts'
import { timeEntries, timesheets } from './table.ts'

type SheetRow = typeof timesheets.$inferSelect
type EntryRow = typeof timeEntries.$inferSelect

const ofWeek = prepare<{ personId: string; week: string }>()(($) =>
  build
    .select(rowOf(timesheets))
    .from(timesheets)
    .where(and(eq(timesheets.personId, $.personId), eq(timesheets.week, $.week))),
)
const DAY_MS = 86_400_000

/** A person has at most so many entries in a week: more is no timesheet. */
const ENTRIES_MAX = 2_000

const declared = prepare<{ personId: string; week: string; limit: number }>()(($) =>
  build
    .select(rowOf(timeEntries))
    .from(timeEntries)
    .where(
      and(eq(timeEntries.personId, $.personId), eq(timeEntries.week, $.week), sql`${timeEntries.state} <> 'measured'`),
    )
    .orderBy(timeEntries.id)
    .limit($.limit),
)

export interface Week {
  person: { id: string; timeZone: string | null }
  week: string
  sheet: SheetRow | undefined
  entries: EntryRow[]
}

/** A person's week as it is. Locks the person where `lock` says so: weeks are handed in one after another. */
export async function readWeek(
  tx: Connection,
  { personId, week }: { personId: string; week: string },
  lock: boolean,
): Promise<Week> {
  if (!datesOf(week)) throw new Problem('timesheet_not_found')
  const person = lock ? await lockPerson(tx, personId) : await findPerson(tx, personId)
  if (!person || person.actsAs === 'requester') throw new Problem('person_not_found')
  const [sheets, entries] = await Promise.all([
    tx.query(ofWeek.bind({ personId, week })),
    tx.query(declared.bind({ personId, week, limit: ENTRIES_MAX })),
  ])
  return { person, week, sheet: sheets.rows[0], entries: entries.rows }
}

/** The sum of a week; a timer counts once it is stopped. */
export function sheetOf({ person, week, sheet, entries }: Week): Timesheet {
  const dates = datesOf(week)
  if (!dates) throw new Error('a week has dates')
  const ended = entries.filter(({ endedAt }) => endedAt !== null)
  const monday = Date.parse(`${dates.startsOn}T00:00:00Z`) / DAY_MS
  const days = Array.from({ length: 7 }, (_, n) => {
    const own = ended.filter(({ startedAt }) => localDay(startedAt, person.timeZone) === monday + n)
    return { on: new Date((monday + n) * DAY_MS).toISOString().slice(0, 10), ...sumOf(own) }
  })
  const ticketIds = [...new Set(ended.map(({ ticketId }) => ticketId))]
  const {
    state = 'open',
    note = null,
    submittedAt = null,
    decidedAt = null,
    decidedById = null,
    version = 1,
  } = sheet ?? {}
  return {
    personId: person.id,
    week,
    ...dates,
    state,
    ...sumOf(ended),
    days,
    tickets: ticketIds.map((ticketId) => ({
      ticketId,
      ...sumOf(ended.filter((entry) => entry.ticketId === ticketId)),
    })),
    note,
    submittedAt,
    decidedAt,
    decidedById,
    version,
  }
}

const sumOf = (entries: readonly EntryRow[]) => ({
  seconds: entries.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
  billableSeconds: entries.reduce((sum, { billableSeconds }) => sum + billableSeconds, 0),
})

/** From which states a timesheet may come to another. */
const BEFORE: Record<Exclude<SheetState, 'open'>, readonly SheetState[]> = {
  submitted: ['open', 'rejected'],
  approved: ['submitted'],
  rejected: ['submitted'],
  locked: ['approved'],
}

/** People hand in their own weeks; admins decide. */
export function refuseSheet(
  actor: Actor,
  { person, sheet, entries }: Week,
  to: keyof typeof BEFORE,
): Problem | ProblemCode | undefined {
  if (!isStaff(actor)) return 'person_not_found'
  const isOwn = actor.id === person.id
  if (!isAdmin(actor) && !(isOwn && to === 'submitted')) return 'forbidden'
  const state = sheet?.state ?? 'open'
  if (!BEFORE[to].includes(state))
    return new Problem('timesheet_state', {
      detail: `The timesheet is ${state}; ${to} it can be from ${BEFORE[to].join(' or ')}`,
      state,
    })
  const timer = entries.find(({ endedAt }) => endedAt === null)
  if (to === 'submitted' && timer)
    return new Problem('timer_running', { timeEntryId: timer.id, ticketId: timer.ticketId })
}

const ENTRY_STATES: Record<keyof typeof BEFORE, EntryState> = {
  submitted: 'submitted',
  approved: 'approved',
  rejected: 'open',
  locked: 'approved',
}
const follow = prepareSql<{ personId: string; week: string; state: string; now: string }, never>()(
  ($) => sql`update time_entries set state = ${$.state}, updated_at = ${$.now}, version = version + 1
    where person_id = ${$.personId} and week = ${$.week} and state in ('open', 'submitted', 'approved') and state <> ${$.state}`,
)

/** Brings a timesheet with all its entries to another state. */
export async function moveSheet(
  context: CommandContext,
  { person, week, sheet, entries }: Week,
  to: keyof typeof BEFORE,
  note: string | null = null,
): Promise<Timesheet> {
  const { insert, update, emit, query, actor, now } = context
  const state = ENTRY_STATES[to]
  const changes = {
    state: to,
    note,
    ...(to === 'submitted'
      ? { submittedAt: now }
      : { decidedAt: now, decidedById: actor.kind === 'person' ? actor.id : null }),
  }
  const from = sheet?.state ?? 'open'
  const fresh = {
    id: newId('tsh'),
    personId: person.id,
    week,
    submittedAt: null,
    decidedAt: null,
    decidedById: null,
    version: 2,
  }
  const row: SheetRow = sheet ?? { ...fresh, ...changes }
  if (sheet) update(timesheets, sheet, { ...changes, version: sheet.version + 1 })
  else insert(timesheets, row)
  emit({
    type: `timesheet.${to}`,
    object: { type: 'timesheet', id: row.id, version: row.version },
    changes: { state: { from, to } },
    data: { personId: person.id, week },
  })
  await query(follow.bind({ personId: person.id, week, state, now }))
  return sheetOf({ person, week, sheet: row, entries })
}
