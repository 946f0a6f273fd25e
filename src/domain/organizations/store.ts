import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { normaliseDomain } from '../../kernel/address.ts'
import type { SubjectContext } from '../../kernel/context.ts'
import { type Fault, invalid, Problem } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import type { OrganizationFacts } from './schema.ts'
import { organizations } from './table.ts'

export type OrganizationRow = typeof organizations.$inferSelect

/** The constraint that says that a domain belongs to another organization already. */
export const DOMAIN_CONSTRAINT = 'organization_domains_pkey'

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(organizations)).from(organizations).where(eq(organizations.id, $.id)).for('update'),
)

export async function lockOrganization(tx: Connection, id: string): Promise<OrganizationRow> {
  const [organization] = (await tx.query(locked.bind({ id }))).rows
  if (!organization) throw new Problem('organization_not_found')
  return organization
}

/** Domains in their one form, each once, or invalid_input with every fault. A last label alone would be half the world. */
export function normalisedDomains(domains: readonly string[]): string[] {
  const errors: Fault[] = []
  const found = domains.map((written, n) => {
    const domain = normaliseDomain(written)
    if (!domain?.includes('.'))
      errors.push({ pointer: `/domains/${n}`, code: 'domain', detail: 'is not the domain of an e-mail address' })
    return domain ?? ''
  })
  if (errors.length) throw new Problem('invalid_input', { errors })
  return [...new Set(found)]
}

/** Organizations, and domains of them all: every process keeps them in memory. */
const ORGANIZATIONS_MAX = 20_000
const DOMAINS_MAX = 20_000

const countOf = prepareSql<object, { organizations: number; domains: number }>()(
  () => sql`select (select count(*)::int from organizations) as organizations,
    (select count(*)::int from organization_domains) as domains`,
)

/** Refuses what would be more than is kept in memory. */
export async function refuseTooMany(tx: Connection, added: { organizations: number; domains: number }): Promise<void> {
  if (!added.organizations && !added.domains) return
  const [{ organizations, domains } = { organizations: 0, domains: 0 }] = (await tx.query(countOf.bind({}))).rows
  if (organizations + added.organizations > ORGANIZATIONS_MAX)
    throw invalid('', 'too_many', `There are ${ORGANIZATIONS_MAX} organizations already`)
  if (domains + added.domains > DOMAINS_MAX)
    throw invalid('/domains', 'too_many', `would be more than ${DOMAINS_MAX} of all organizations together`)
}

export interface Organizations {
  byId: ReadonlyMap<string, OrganizationFacts>
  byDomain: ReadonlyMap<string, OrganizationFacts>
}

const all = prepare()(() => {
  const { id, name, domains } = rowOf(organizations)
  return build.select({ id, name, domains }).from(organizations)
})

/** All of them: who opens a ticket for somebody new asks nobody for their organization. */
export const organizationsCached: Cached<Organizations> = {
  part: 'vocabulary',
  async load(connection) {
    const { rows } = await connection.query(all.bind({}))
    return {
      byId: new Map(rows.map((row) => [row.id, row])),
      byDomain: new Map(rows.flatMap((row) => row.domains.map((domain) => [domain, row]))),
    }
  },
}

/** What rules ask of the organization of a ticket that is opened or moves to somebody else. */
export async function organizationFacts(
  { cached }: Pick<SubjectContext, 'cached'>,
  id: string | null,
): Promise<OrganizationFacts | null> {
  return id === null ? null : ((await cached(organizationsCached)).byId.get(id) ?? null)
}

/** Whose people have such an address: exactly this domain, none above or below it. */
export const organizationOf = ({ byDomain }: Organizations, address: string): OrganizationFacts | undefined =>
  byDomain.get(address.slice(address.lastIndexOf('@') + 1))

const shared = prepareSql<{ id: string }, { id: string }>()(
  ($) => sql`select id from organizations where id = ${$.id} for key share`,
)

/** Whether there is such an organization; it stays until the commit. */
export const holdOrganization = async (tx: Connection, id: string): Promise<boolean> =>
  (await tx.query(shared.bind({ id }))).rows.length > 0

const member = prepareSql<{ id: string }, { id: string }>()(
  ($) => sql`select id from people where organization_id = ${$.id}
    union all select id from contracts where organization_id = ${$.id} and ended_at is null limit 1`,
)

/** Whether anybody belongs to it, or a contract of it has not ended. */
export const hasMembers = async (tx: Connection, id: string): Promise<boolean> =>
  (await tx.query(member.bind({ id }))).rows.length > 0
