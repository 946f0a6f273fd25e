import { changeAccessSettings } from '../domain/access/change-access-settings.ts'
import { accessSettingsQuery } from '../domain/access/queries.ts'
import { addRole } from '../domain/roles/add-role.ts'
import { changeRole } from '../domain/roles/change-role.ts'
import { rolePermissions, roleQuery, rolesQuery } from '../domain/roles/queries.ts'
import { removeRole } from '../domain/roles/remove-role.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

export const roleResolvers = {
  Query: {
    roles: (_root: unknown, _args: object, { desk }: Context) => desk.read(rolesQuery, {}),
    role: (_root: unknown, { key }: { key: string }, { desk }: Context) => orNull(desk.read(roleQuery, { key })),
    rolePermissions: (_root: unknown, _args: object, { desk }: Context) => desk.read(rolePermissions, {}),
    accessSettings: (_root: unknown, _args: object, { desk }: Context) => desk.read(accessSettingsQuery, {}),
  },
  Mutation: {
    ...mutation(addRole),
    ...mutation(changeRole),
    ...mutation(removeRole),
    ...mutation(changeAccessSettings),
  },
}
