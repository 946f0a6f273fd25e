import { type SQL, sql } from 'drizzle-orm'
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
    const of = (what: Load['of']) => rows.filter((row) => row.of === what).map(({ of: _, ...load }) => load)
    const [all = NOTHING] = of('all')
    const own = of('assignee').find(({ id }) => id === actor.id) ?? NOTHING
    const isForAll = refuseReports(actor) === undefined
    return {
      ...countsIn(all),
      mine: { ...loadIn(own), unread: read.rows[0]?.unread ?? 0 },
      members: isForAll ? of('assignee').flatMap(memberIn).slice(0, MEMBERS_MAX) : null,
      teams: isForAll ? of('team').flatMap(teamIn).slice(0, MEMBERS_MAX) : null,
      at: now,
    }
  },
})

const NOTHING = {
  unresolved: 0,
  unassigned: 0,
  needsReaction: 0,
  overdue: 0,
  open: 0,
  waitingOnCustomer: 0,
  waitingOnOther: 0,
  snoozed: 0,
}
type Counts = typeof NOTHING

/** What all have, somebody, or a team; nobody and no team are among them. */
type Load = Counts & { of: 'all' | 'assignee' | 'team'; id: string | null; name: string | null }

const loads = byReach((visible) =>
  prepareSql<Viewing & { now: string }, Load>()(($) => {
    const standing = standingTerm(standingFor(undefined)) ?? sql`true`
    const [assignee, team] = [tickets.assigneeId, tickets.teamId]
    const count = (where: SQL) => sql`count(*) filter (where ${where})::int`
    const counted = sql`select case when grouping(${assignee}) = 0 then 'assignee' when grouping(${team}) = 0 then 'team' else 'all' end as "of",
        ${assignee} as assignee, ${team} as team, count(*)::int as unresolved, ${count(sql`${assignee} is null`)} as unassigned,
        ${count(sql`${tickets.needsReaction}`)} as "needsReaction", ${count(sql`${tickets.dueAt} < ${$.now}`)} as overdue,
        ${count(sql`${tickets.statusCategory} = 'open'`)} as open, ${count(sql`${tickets.statusCategory} = 'waiting_on_customer'`)} as "waitingOnCustomer",
        ${count(sql`${tickets.statusCategory} = 'waiting_on_other'`)} as "waitingOnOther", ${count(sql`${tickets.snoozedAt} is not null`)} as snoozed
      from ${tickets} where ${unresolved} and ${standing} and ${visible(viewerIn($)) ?? sql`true`}
      group by grouping sets ((), (${assignee}), (${team}))`
    return sql`select counted.*, coalesce(assignee, team) as id, coalesce(${personName(sql`assignee`)}, ${teamName(sql`team`)}) as name from (${counted}) counted
      order by unresolved desc, id`
  }),
)

const unreadOf = prepareSql<{ me: string }, { unread: number }>()(
  ($) => sql`select count(*)::int as unread from ${tickets} where ${tickets.assigneeId} = ${$.me} and ${unresolved}
    and ${standingTerm(standingFor(undefined)) ?? sql`true`} and ${isUnread(sql`${$.me}`)}`,
)

const loadIn = ({ unresolved, needsReaction, overdue }: Counts) => ({ unresolved, needsReaction, overdue })

const countsIn = (row: Counts): Counts => {
  const { unassigned, open, waitingOnCustomer, waitingOnOther, snoozed } = row
  return { ...loadIn(row), unassigned, open, waitingOnCustomer, waitingOnOther, snoozed }
}

type One = Omit<Load, 'of'>
const memberIn = (row: One): MemberLoad[] =>
  row.id === null ? [] : [{ personId: row.id, name: row.name, ...loadIn(row) }]
const teamIn = (row: One): TeamLoad[] =>
  row.id === null ? [] : [{ teamId: row.id, name: row.name ?? row.id, ...loadIn(row), unassigned: row.unassigned }]
