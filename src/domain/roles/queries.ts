import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { grantable, shippedRoles } from './decide.ts'
import { type Role, RoleAct, type RolePermissions } from './schema.ts'
import { ownRoles, shownRole } from './store.ts'

/** The shipped roles and those of the desk's own. */
export const rolesQuery = defineQuery({
  name: 'roles',
  group: 'access',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db }): Promise<Role[]> => [...shippedRoles, ...(await ownRoles(db)).map(shownRole)],
})

export const roleQuery = defineQuery({
  name: 'role',
  group: 'access',
  input: RoleAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { key }): Promise<Role> {
    const role = (await rolesQuery.read(context, {})).find((each) => each.key === key)
    if (!role) throw new Problem('role_not_found')
    return role
  },
})

/** What roles of each kind can be given: commands, and fields of tickets. */
export const rolePermissions = defineQuery({
  name: 'rolePermissions',
  group: 'access',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async (): Promise<RolePermissions[]> => Object.values(grantable),
})
