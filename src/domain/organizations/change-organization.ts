import { bumpVocabulary } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { hiddenOrganization, refuseOrganizationWork } from './policy.ts'
import { ChangeOrganization } from './schema.ts'
import { DOMAIN_CONSTRAINT, lockOrganization, normalisedDomains, refuseTooMany } from './store.ts'
import { organizationDomains, organizations } from './table.ts'

/** Changes an organization: the domains given are those it has afterwards. Who belongs to it stays. */
export const changeOrganization = defineCommand({
  name: 'changeOrganization',
  group: 'organizations',
  input: ChangeOrganization,
  constraints: { [DOMAIN_CONSTRAINT]: 'domain_taken' },

  async subject({ tx }, { organizationId, domains: written }) {
    const organization = await lockOrganization(tx, organizationId)
    const domains = written && normalisedDomains(written)
    const added = domains?.filter((domain) => !organization.domains.includes(domain)) ?? []
    await refuseTooMany(tx, { organizations: 0, domains: added.length })
    return { organization, domains, added, tx }
  },

  refuse: (actor, _subject, input) => hiddenOrganization(actor) ?? refuseOrganizationWork(actor, input),

  async handle(
    context,
    { organizationId, expectedVersion, domains: _, ...fields },
    { organization, domains = organization.domains, added, tx },
  ) {
    const { insert, update, remove, emit, now } = context
    const wanted = { ...fields, domains }
    const given = domains === organization.domains ? fields : wanted
    await refuseStale(tx, organization, expectedVersion, Object.keys(given))
    const changes = changesBetween(organization, wanted)
    if (!Object.keys(changes).length) return organization
    for (const domain of organization.domains)
      if (!domains.includes(domain)) remove(organizationDomains, { domain, organizationId })
    for (const domain of added) insert(organizationDomains, { domain, organizationId })
    update(organizations, organization, { ...wanted, version: organization.version + 1, updatedAt: now })
    if (changes.name || changes.domains) await bumpVocabulary(context)
    const object = { type: 'organization', id: organizationId, version: organization.version }
    emit({ type: 'organization.changed', object, changes, data: {} })
    return organization
  },
})
