import { sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { type Organization, OrganizationAct } from './schema.ts'
import { organizations } from './table.ts'

export const organizationsList: List<Organization> = {
  name: 'organizations',
  columns: rowOf(organizations),
  from: organizations,
  id: organizations.id,
  filters: {
    name: { column: organizations.name, kind: 'text' },
    domains: { column: organizations.domains, kind: 'tags' },
    sharesTickets: { column: organizations.sharesTickets, kind: 'boolean' },
    createdAt: { column: organizations.createdAt, kind: 'instant' },
  },
  sorts: {
    createdAt: { column: organizations.id, property: 'id' },
    name: { column: organizations.name, property: 'name' },
  },
  defaultSort: '-createdAt',
}

/** Organizations, a page at a time; for those who work here. */
export const organizationsQuery = defineQuery({
  name: 'organizations',
  group: 'organizations',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(organizationsList, context, input),
})

const byIds = prepare<{ ids: string[] }>()(($) =>
  build.select(rowOf(organizations)).from(organizations).where(sql`${organizations.id} = any(${$.ids}::text[])`),
)

/** Many organizations at once; those that are no more are missing from the answer. */
export const organizationsById = defineQuery({
  name: 'organizationsById',
  group: 'organizations',
  input: Closed({ ids: Type.Array(Id(), { maxItems: 200 }) }),
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db }, { ids }) =>
    new Map((await db.query(byIds.bind({ ids }))).rows.map((row): [string, Organization] => [row.id, row])),
})

export const organization = defineQuery({
  name: 'organization',
  group: 'organizations',
  input: OrganizationAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { organizationId }): Promise<Organization> {
    const found = (await organizationsById.read(context, { ids: [organizationId] })).get(organizationId)
    if (!found) throw new Problem('organization_not_found')
    return found
  },
})
