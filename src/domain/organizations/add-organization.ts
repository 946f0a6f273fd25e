import { bumpVocabulary } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { refuseOrganizationWork } from './policy.ts'
import { AddOrganization } from './schema.ts'
import { DOMAIN_CONSTRAINT, normalisedDomains, refuseTooMany } from './store.ts'
import { organizationDomains, organizations } from './table.ts'

/** A new organization. Who has an address of its domains joins when they are first heard of; a domain belongs to one only. */
export const addOrganization = defineCommand({
  name: 'addOrganization',
  group: 'organizations',
  input: AddOrganization,
  constraints: { [DOMAIN_CONSTRAINT]: 'domain_taken' },

  async subject({ tx }, { domains: written = [] }) {
    const domains = normalisedDomains(written)
    await refuseTooMany(tx, { organizations: 1, domains: domains.length })
    return { domains }
  },

  refuse: (actor, _subject, input) => refuseOrganizationWork(actor, input),

  async handle(context, { name, note = null, sharesTickets = false }, { domains }) {
    const { insert, emit, now } = context
    const organization = {
      id: newId('org'),
      name,
      domains,
      note,
      sharesTickets,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    insert(organizations, organization)
    for (const domain of domains) insert(organizationDomains, { domain, organizationId: organization.id })
    await bumpVocabulary(context)
    const object = { type: 'organization', id: organization.id, version: 1 }
    emit({ type: 'organization.added', object, data: { domains } })
    return organization
  },
})
