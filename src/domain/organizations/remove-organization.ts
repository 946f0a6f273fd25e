import { bumpVocabulary } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { OrganizationAct } from './schema.ts'
import { hasMembers, lockOrganization } from './store.ts'
import { organizations } from './table.ts'

/** An organization without people and without a contract that runs is gone. Its tickets keep its id: they were asked for it. */
export const removeOrganization = defineCommand({
  name: 'removeOrganization',
  group: 'organizations',
  input: OrganizationAct,

  async subject({ tx }, { organizationId }) {
    const organization = await lockOrganization(tx, organizationId)
    return { organization, isInUse: await hasMembers(tx, organizationId) }
  },

  refuse: (actor, { isInUse }) =>
    refuseAdminWork(actor, 'organization_not_found') ?? (isInUse ? 'organization_in_use' : undefined),

  async handle(context, { organizationId }, { organization }) {
    const { remove, emit } = context
    remove(organizations, organization) // and its domains: they hang on it
    await bumpVocabulary(context)
    const object = { type: 'organization', id: organizationId, version: organization.version }
    emit({ type: 'organization.removed', object, data: {} })
    return { id: organizationId }
  },
})
