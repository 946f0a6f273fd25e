import { and, asc, eq, type Placeholder, type SQL, sql } from 'drizzle-orm'
import { build, prepare, prepareSql, rowOf, unnamed } from '../../db/statement.ts'
import { isAdmin } from '../../kernel/actor.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import { questionOf } from '../../kernel/condition/question.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import { allOf, type Term } from '../../kernel/filter.ts'
import { PageInput } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Key, NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { teamMembers } from '../people/table.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { readTickets, ticketList } from '../tickets/queries.ts'
import { reachTerms } from '../tickets/reach.ts'
import { standingFor, standingTerm } from '../tickets/standing.ts'
import { tickets } from '../tickets/table.ts'
import { vocabulary } from '../types/store.ts'
import { ViewAct, type ViewCount } from './schema.ts'
import { sortOf, type ViewRow } from './store.ts'
import { views } from './table.ts'

type Viewer = { viewer: string; isAdmin: boolean }
const bound = ($: Record<keyof Viewer, Placeholder>) => ({ viewer: sql`${$.viewer}`, isAdmin: sql`${$.isAdmin}` })

/** Shared ones, one's own and those of one's teams; the twin of `seesView`. */
const visibleViews = ({ viewer, isAdmin }: { viewer: SQL; isAdmin: SQL }): SQL =>
  sql`(${views.owner} = 'shared' or (${views.owner} = 'person' and ${views.ownerId} = ${viewer})
    or (${views.owner} = 'team' and (${isAdmin}::boolean or exists (select 1 from ${teamMembers} where ${teamMembers.teamId} = ${views.ownerId} and ${teamMembers.personId} = ${viewer}))))`

const visible = prepare<Viewer>()(($) =>
  build
    .select(rowOf(views))
    .from(views)
    .where(visibleViews(bound($)))
    .orderBy(asc(views.position), asc(views.key)),
)
const oneVisible = prepare<Viewer & { key: string }>()(($) =>
  build
    .select(rowOf(views))
    .from(views)
    .where(and(eq(views.key, $.key), visibleViews(bound($)))),
)

export const viewsQuery = defineQuery({
  name: 'views',
  group: 'views',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db, actor }) => (await db.query(visible.bind({ viewer: actor.id, isAdmin: isAdmin(actor) }))).rows,
})

export const view = defineQuery({
  name: 'view',
  group: 'views',
  input: ViewAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor }, { key }) {
    const [row] = (await db.query(oneVisible.bind({ key, viewer: actor.id, isAdmin: isAdmin(actor) }))).rows
    if (!row) throw new Problem('view_not_found')
    return row
  },
})

/** The condition of a view as a part of the WHERE, as of now and for who asks. */
async function termOf(context: QueryContext, { key, version, condition }: ViewRow) {
  const question = questionOf(condition, ticketFields(await context.cached(vocabulary)))
  const values = question.values({ me: context.actor.id, now: context.now })
  return { name: `view ${key} ${version}`, term: { ...question, values }, condition }
}

/** The tickets of a view, a page at a time: as it sorts them where nothing else is asked. */
export const ticketsInView = defineQuery({
  name: 'ticketsInView',
  group: 'tickets',
  input: Closed({ key: Key(), page: PageInput }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { key, page }) {
    const found = await view.read(context, { key })
    return readTickets(context, { sort: sortOf(found), ...page }, await termOf(context, found))
  },
})

/** Counting stops here: a view of everything is no number that anybody works off. */
const COUNT_MAX = 100_000

/** How many tickets a view has, and each of its groups. */
export const viewCount = defineQuery({
  name: 'viewCount',
  group: 'tickets',
  input: ViewAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { key }): Promise<ViewCount> {
    const found = await view.read(context, { key })
    const { term, condition } = await termOf(context, found)
    const asked = allOf([term, ...reachTerms(context.actor)])
    const { rows } = await context.db.query(
      unnamed(countBy(found.group, asked, condition)).bind(namedValues(asked.values)),
    )
    const total = rows.reduce((sum, row) => sum + row.total, 0)
    return {
      total: Math.min(total, COUNT_MAX),
      totalIsCapped: total > COUNT_MAX,
      groups: found.group === null ? [] : rows,
    }
  },
})

type Values = Record<string, unknown>
const namedValues = (values: readonly unknown[]): Values =>
  Object.fromEntries(values.map((value, n) => [`v${n}`, value]))

function countBy(group: string | null, term: Term, condition: Condition) {
  const listed = standingTerm(standingFor(condition)) ?? sql`true`
  const key = group === null ? undefined : ticketList.filters[group]?.column
  const order = group === 'priority' ? sql`max(${tickets.priorityRank}) desc` : sql`1 nulls first`
  return prepareSql<Values, { value: string | null; total: number }>()(($) => {
    const found = sql`select ${tickets.priorityRank}, ${key ?? sql`null::text`} as value from ${tickets} where ${listed} and ${term.condition((n) => sql`${$[`v${n}`]}`)} limit ${sql.raw(String(COUNT_MAX + 1))}`
    return sql`select value, count(*)::int as total from (${found}) as ${tickets} group by value order by ${order}`
  })
}
