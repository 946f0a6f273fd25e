import type { GraphQLResolveInfo } from 'graphql'
import { addOrganization } from '../domain/organizations/add-organization.ts'
import { changeOrganization } from '../domain/organizations/change-organization.ts'
import {
  organization,
  organizationsById,
  organizationsList,
  organizationsQuery,
} from '../domain/organizations/queries.ts'
import { removeOrganization } from '../domain/organizations/remove-organization.ts'
import { isStaff } from '../kernel/actor.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

export const organizationResolvers = {
  Query: {
    organization: (_root: unknown, { id }: { id: string }, { desk }: Context) =>
      orNull(desk.read(organization, { organizationId: id })),
    organizations: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(organizationsQuery, pageFrom(args, info, organizationsList.filters))),
  },
  Mutation: {
    ...mutation(addOrganization),
    ...mutation(changeOrganization),
    ...mutation(removeOrganization),
  },
}

/** The organizations of a whole page; requesters read the id and no more. */
export async function organizationLoader(asked: { obj: { organizationId: string | null } }[], { desk }: Context) {
  const ids = [...new Set(asked.flatMap(({ obj }) => obj.organizationId ?? []))]
  const found = ids.length && isStaff(desk.actor) ? await desk.read(organizationsById, { ids }) : undefined
  return asked.map(({ obj }) => found?.get(obj.organizationId ?? '') ?? null)
}
