import { and, eq, type SQL, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { build, named, prepare, rowOf } from '../../db/statement.ts'
import { isStaff } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id, NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from './policy.ts'
import type { Person, Team } from './schema.ts'
import { people, teamMembers, teams } from './table.ts'

/** Requesters know of nobody but themselves; the twin of `seesPerson`. */
const onlySelf = (viewer: SQL): SQL => sql`${people.id} = ${viewer}`

const {
  notices: _,
  digestMinutes: _digest,
  organizationVouched: _vouched,
  actsAs: _actsAs,
  ...personColumns
} = rowOf(people)

export const peopleList: List<Person> = {
  name: 'people',
  columns: personColumns,
  from: people,
  id: people.id,
  filters: {
    name: { column: people.name, kind: 'text' },
    email: { column: people.email, kind: 'text' },
    role: { column: people.role, kind: 'text' },
    organizationId: { column: people.organizationId, kind: 'reference' },
    supportTeam: { column: people.supportTeam, kind: 'boolean' },
    createdAt: { column: people.createdAt, kind: 'instant' },
    disabledAt: { column: people.disabledAt, kind: 'instant' },
  },
  sorts: {
    createdAt: { column: people.id, property: 'id' },
    email: { column: people.email, property: 'email' },
  },
  defaultSort: '-createdAt',
}

export const peopleQuery = defineQuery({
  name: 'people',
  group: 'people',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(peopleList, context, input),
})

const anyByIds = prepare<{ ids: string[] }>()(($) =>
  build.select(personColumns).from(people).where(sql`${people.id} = any(${$.ids}::text[])`),
)
const selfByIds = prepare<{ ids: string[]; viewer: string }>()(($) =>
  build
    .select(personColumns)
    .from(people)
    .where(and(sql`${people.id} = any(${$.ids}::text[])`, onlySelf(sql`${$.viewer}`))),
)

/** Many people at once; those unseen are missing from the answer. */
export const peopleById = defineQuery({
  name: 'peopleById',
  group: 'people',
  input: Closed({ ids: Type.Array(Id(), { maxItems: 200 }) }),
  refuse: () => undefined,

  async read({ db, actor }, { ids }) {
    const { rows } = await db.query(isStaff(actor) ? anyByIds.bind({ ids }) : selfByIds.bind({ ids, viewer: actor.id }))
    return new Map(rows.map((row): [string, Person] => [row.id, row]))
  },
})

export const person = defineQuery({
  name: 'person',
  group: 'people',
  input: Closed({ personId: Id() }),
  refuse: () => undefined,

  async read(context, { personId }): Promise<Person> {
    const found = (await peopleById.read(context, { ids: [personId] })).get(personId)
    if (!found) throw new Problem('person_not_found')
    return found
  },
})

/** Who the credential acts as. */
export const me = defineQuery({
  name: 'me',
  group: 'people',
  input: NoInput,
  refuse: (actor) => (actor.kind === 'person' ? undefined : 'forbidden'),
  read: (context) => person.read(context, { personId: context.actor.id }),
})

const memberIds = sql`coalesce((select array_agg(${teamMembers.personId} order by ${teamMembers.personId}) from ${teamMembers} where ${teamMembers.teamId} = ${teams.id}), '{}')`
const teamColumns = { ...rowOf(teams), memberIds: named<string[]>('memberIds', memberIds) }

export const teamsList: List<Team> = {
  name: 'teams',
  columns: teamColumns,
  from: teams,
  id: teams.id,
  filters: { name: { column: teams.name, kind: 'text' } },
  sorts: {
    createdAt: { column: teams.id, property: 'id' },
    name: { column: teams.name, property: 'name' },
  },
  defaultSort: '-createdAt',
}

export const teamsQuery = defineQuery({
  name: 'teams',
  group: 'teams',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(teamsList, context, input),
})

const teamById = prepare<{ id: string }>()(($) => build.select(teamColumns).from(teams).where(eq(teams.id, $.id)))
const teamsByIds = prepare<{ ids: string[] }>()(($) =>
  build.select(teamColumns).from(teams).where(sql`${teams.id} = any(${$.ids}::text[])`),
)

export const team = defineQuery({
  name: 'team',
  group: 'teams',
  input: Closed({ teamId: Id() }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { teamId }): Promise<Team> {
    const [row] = (await db.query(teamById.bind({ id: teamId }))).rows
    if (!row) throw new Problem('team_not_found')
    return row
  },
})

export const teamsById = defineQuery({
  name: 'teamsById',
  group: 'teams',
  input: Closed({ ids: Type.Array(Id(), { maxItems: 200 }) }),
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db }, { ids }) =>
    new Map((await db.query(teamsByIds.bind({ ids }))).rows.map((row): [string, Team] => [row.id, row])),
})
