import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addOrganization } from '../domain/organizations/add-organization.ts'
import { changeOrganization } from '../domain/organizations/change-organization.ts'
import { organization, organizationsList, organizationsQuery } from '../domain/organizations/queries.ts'
import { removeOrganization } from '../domain/organizations/remove-organization.ts'
import { Organization } from '../domain/organizations/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Organizations'
const url = '/organizations/:organizationId'

export function organizationRoutes(app: FastifyInstance): void {
  app.addSchema(Organization)
  const response = Type.Ref('Organization')
  listRoute(app, {
    url: '/organizations',
    query: organizationsQuery,
    list: organizationsList,
    item: response,
    tag,
    summary: 'Organizations',
    properties: Object.keys(Organization.properties),
    read: (desk, page) => desk.read(organizationsQuery, page),
  })
  queryRoute(app, {
    url,
    query: organization,
    response,
    tag,
    summary: 'One organization',
    problems: ['organization_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/organizations',
    command: addOrganization,
    status: 201,
    response,
    location: ({ id }) => `/v1/organizations/${id}`,
    tag,
    summary: 'Add an organization; new people of its domains join it',
    problems: ['domain_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeOrganization,
    status: 200,
    response,
    tag,
    summary: 'Change an organization',
    problems: ['organization_not_found', 'domain_taken'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: removeOrganization,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove an organization that nobody belongs to, without a contract that runs',
    problems: ['organization_not_found', 'organization_in_use'],
  })
}
