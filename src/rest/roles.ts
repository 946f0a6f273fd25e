import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addRole } from '../domain/roles/add-role.ts'
import { changeRole } from '../domain/roles/change-role.ts'
import { rolePermissions, roleQuery, rolesQuery } from '../domain/roles/queries.ts'
import { removeRole } from '../domain/roles/remove-role.ts'
import { roleSchemas } from '../domain/roles/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Access'

export function roleRoutes(app: FastifyInstance): void {
  for (const schema of Object.values(roleSchemas)) app.addSchema(schema)
  const Role = Type.Ref('Role')
  const url = '/roles/:key'
  wholeListRoute(app, { url: '/roles', query: rolesQuery, response: Role, tag, summary: 'Roles, shipped and own' })
  wholeListRoute(app, {
    url: '/roles/permissions',
    query: rolePermissions,
    response: Type.Ref('RolePermissions'),
    tag,
    summary: 'What roles can be given',
  })
  queryRoute(app, { url, query: roleQuery, response: Role, tag, summary: 'One role', problems: ['role_not_found'] })
  commandRoute(app, {
    method: 'POST',
    url: '/roles',
    command: addRole,
    status: 201,
    response: Role,
    location: ({ key }) => `/v1/roles/${key}`,
    tag,
    summary: 'Add a role: what it does not name it does not allow',
    problems: ['key_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeRole,
    status: 200,
    response: Role,
    tag,
    summary: 'Change what a role allows',
    problems: ['role_not_found', 'role_is_shipped'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: removeRole,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a role; its people get another one',
    problems: ['role_not_found', 'role_is_shipped', 'in_use'],
  })
}
