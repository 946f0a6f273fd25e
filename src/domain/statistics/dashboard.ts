import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import { type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { isUnread } from '../tickets/queries.ts'
import { byReach } from '../tickets/reach.ts'
import { standingFor, standingTerm } from '../tickets/standing.ts'
import { tickets } from '../tickets/table.ts'
import { refuseReports } from './asking.ts'
import { unresolved } from './distribution.ts'
import { personName, teamName } from './grouping.ts'
import type { Dashboard, MemberLoad, TeamLoad } from './schema.ts'

/** So many members and teams are told. */
const MEMBERS_MAX = 1_000

/** The numbers of those who work here, as of now: of the tickets that they see. Prepared, so that it can be asked every few seconds. */
export const dashboard = defineQuery({
  name: 'dashboard',
  group: 'tickets',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor, now }): Promise<Dashboard> {
    const viewer = viewing(actor)
    const [{ rows }, read] = await Promise.all([
      db.query(loads[viewer.reach].bind({ ...viewer, now })),
      db.query(unreadOf.bind({ me: actor.id })),
    ])
    const all = sumOf(rows)
    const [own = sumOf([])] = rows.filter(({ assigneeId }) => assigneeId === actor.id).map((row) => sumOf([row]))
    const ofOwn = { unresolved: own.unresolved, needsReaction: own.needsReaction, overdue: own.overdue }
    const isForAll = refuseReports(actor) === undefined
    return {
      ...all,
      mine: { ...ofOwn, unread: read.rows[0]?.unread ?? 0 },
      members: isForAll ? membersOf(rows) : null,
      teams: isForAll ? teamsOf(rows) : null,
      at: now,
    }
  },
})

const counts = [
  'unresolved',
  'needsReaction',
  'overdue',
  'open',
  'waitingOnCustomer',
  'waitingOnOther',
  'snoozed',
] as const
type Counts = Record<(typeof counts)[number], number>

/** The tickets that somebody has in a team. */
type Load = Counts & {
  assigneeId: string | null
  assigneeName: string | null
  teamId: string | null
  teamName: string | null
}

const loads = byReach((visible) =>
  prepareSql<Viewing & { now: string }, Load>()(($) => {
    const standing = standingTerm(standingFor(undefined)) ?? sql`true`
    const counted = sql`select ${tickets.assigneeId} as "assigneeId", ${tickets.teamId} as "teamId", count(*)::int as unresolved,
        count(*) filter (where ${tickets.needsReaction})::int as "needsReaction", count(*) filter (where ${tickets.dueAt} < ${$.now})::int as overdue,
        count(*) filter (where ${tickets.statusCategory} = 'open')::int as open,
        count(*) filter (where ${tickets.statusCategory} = 'waiting_on_customer')::int as "waitingOnCustomer",
        count(*) filter (where ${tickets.statusCategory} = 'waiting_on_other')::int as "waitingOnOther",
        count(*) filter (where ${tickets.snoozedAt} is not null)::int as snoozed
      from ${tickets} where ${unresolved} and ${standing} and ${visible(viewerIn($)) ?? sql`true`} group by 1, 2`
    return sql`select counted.*, ${personName(sql`"assigneeId"`)} as "assigneeName", ${teamName(sql`"teamId"`)} as "teamName" from (${counted}) counted`
  }),
)

const unreadOf = prepareSql<{ me: string }, { unread: number }>()(
  ($) => sql`select count(*)::int as unread from ${tickets} where ${tickets.assigneeId} = ${$.me} and ${unresolved}
    and ${standingTerm(standingFor(undefined)) ?? sql`true`} and ${isUnread(sql`${$.me}`)}`,
)

function sumOf(rows: readonly Load[]): Counts & { unassigned: number } {
  const total = (name: keyof Counts, of = rows) => of.reduce((sum, row) => sum + row[name], 0)
  const sums = Object.fromEntries(counts.map((name) => [name, total(name)])) as Counts // of all names
  return {
    ...sums,
    unassigned: total(
      'unresolved',
      rows.filter(({ assigneeId }) => assigneeId === null),
    ),
  }
}

const mostFirst = (a: { unresolved: number }, b: { unresolved: number }) => b.unresolved - a.unresolved

function membersOf(rows: readonly Load[]): MemberLoad[] {
  const by = Map.groupBy(rows, ({ assigneeId }) => assigneeId)
  const found = [...by].flatMap(([personId, of]): MemberLoad[] => {
    if (personId === null) return []
    const { unresolved, needsReaction, overdue } = sumOf(of)
    return [{ personId, name: of[0]?.assigneeName ?? null, unresolved, needsReaction, overdue }]
  })
  return found.sort(mostFirst).slice(0, MEMBERS_MAX)
}

function teamsOf(rows: readonly Load[]): TeamLoad[] {
  const by = Map.groupBy(rows, ({ teamId }) => teamId)
  const found = [...by].flatMap(([teamId, of]): TeamLoad[] => {
    if (teamId === null) return []
    const { unresolved, needsReaction, overdue, unassigned } = sumOf(of)
    return [{ teamId, name: of[0]?.teamName ?? teamId, unresolved, needsReaction, overdue, unassigned }]
  })
  return found.sort(mostFirst).slice(0, MEMBERS_MAX)
}
