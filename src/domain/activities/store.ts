import { asc } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { nearest } from '../../kernel/nearest.ts'
import { invalid, invalidInput } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import type { Activity } from './schema.ts'
import { activities } from './table.ts'

/** A desk has at most so many. */
export const ACTIVITIES_MAX = 500

const all = prepare<{ limit: number }>()(($) =>
  build
    .select(rowOf(activities))
    .from(activities)
    .orderBy(asc(activities.position), asc(activities.key))
    .limit($.limit),
)

export const allActivities = async (connection: Connection): Promise<Activity[]> =>
  (await connection.query(all.bind({ limit: ACTIVITIES_MAX }))).rows

/** The activities in their order, which every process has in memory. */
export const knownActivities: Cached<ReadonlyMap<string, Activity>> = {
  part: 'vocabulary',
  load: async (connection) => new Map((await allActivities(connection)).map((activity) => [activity.key, activity])),
}

/** What an entry says of itself, and else its activity; a desk bills what nobody has said anything of. Throws where there is no such activity. */
export function describedBy(
  known: ReadonlyMap<string, Activity>,
  { activity: key, ...said }: Pick<Partial<Described>, keyof Described>,
): Pick<Described, 'activity' | 'billable' | 'rate'> {
  const activity = key == null ? undefined : activityOf(known, key)
  return {
    activity: key ?? null,
    billable: said.billable ?? activity?.billable ?? true,
    rate: said.rate === undefined ? (activity?.rate ?? null) : said.rate,
  }
}

type Described = Pick<Activity, 'billable' | 'rate'> & { activity: string | null }

/** An activity that takes time now; invalid_input at /activity otherwise. */
export function activityOf(known: ReadonlyMap<string, Activity>, key: string): Activity {
  const activity = known.get(key)
  if (activity?.enabled) return activity
  if (activity) throw invalid('/activity', 'disabled', `${key} takes no new time`)
  const keys = [...known.values()].filter(({ enabled }) => enabled).map((each) => each.key)
  const meant = nearest(key, keys)
  const detail = `${key} is none of ${keys.slice(0, 20).join(', ')}`
  throw invalidInput([{ pointer: '/activity', code: 'not_found', detail, ...(meant ? { didYouMean: meant } : {}) }])
}
