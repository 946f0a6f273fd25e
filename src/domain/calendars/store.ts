import { asc, eq } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { Problem } from '../../kernel/problems.ts'
import type { Calendar } from './schema.ts'
import { calendars } from './table.ts'

/** A desk has at most so many. */
export const CALENDARS_MAX = 500

const all = prepare<{ limit: number }>()(($) =>
  build.select(rowOf(calendars)).from(calendars).orderBy(asc(calendars.key)).limit($.limit),
)
const byKey = prepare<{ key: string }>()(($) =>
  build.select(rowOf(calendars)).from(calendars).where(eq(calendars.key, $.key)),
)
const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(calendars)).from(calendars).where(eq(calendars.key, $.key)).for('update'),
)

export const allCalendars = async (connection: Connection): Promise<Calendar[]> =>
  (await connection.query(all.bind({ limit: CALENDARS_MAX }))).rows

export async function findCalendar(connection: Connection, key: string): Promise<Calendar> {
  const [calendar] = (await connection.query(byKey.bind({ key }))).rows
  if (!calendar) throw new Problem('calendar_not_found')
  return calendar
}

export async function lockCalendar(tx: Connection, key: string): Promise<Calendar> {
  const [calendar] = (await tx.query(locked.bind({ key }))).rows
  if (!calendar) throw new Problem('calendar_not_found')
  return calendar
}
