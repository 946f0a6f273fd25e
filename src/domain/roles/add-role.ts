import { lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { refuseGiven, shippedRole } from './decide.ts'
import { AddRole, type Role } from './schema.ts'
import { ownRoles, type RoleRow, shownRole } from './store.ts'
import { roles } from './table.ts'

/** Nobody tells more of them apart. */
const ROLES_MAX = 100

const NOTHING = { ticketAccess: 'own', organizationTickets: false, permissions: [], changeable: [] } as const

/** A role of the desk's own. What it does not name it does not allow. For admins. */
export const addRole = defineCommand({
  name: 'addRole',
  group: 'access',
  input: AddRole,

  async subject({ tx }) {
    await lockConfiguration(tx)
    return { existing: await ownRoles(tx) }
  },

  refuse(actor, { existing }, input) {
    const refusal = refuseAdminWork(actor)
    if (refusal) return refusal
    // beside the shipped: what stands at /v1/roles/permissions is no role
    if (shippedRole(input.key) || input.key === 'permissions' || existing.some(({ key }) => key === input.key))
      return 'key_taken'
    if (existing.length >= ROLES_MAX) return invalid('', 'too_many', `There are ${ROLES_MAX} roles already`)
    return refuseGiven({ ...NOTHING, ...input })
  },

  handle({ insert, emit, now }, { key, ...input }): Role {
    const row: RoleRow = {
      key,
      ...NOTHING,
      permissions: [],
      changeable: [],
      ...input,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    insert(roles, row)
    emit({ type: 'role.added', object: { type: 'role', id: key, version: 1 }, data: { key } })
    return shownRole(row)
  },
})
