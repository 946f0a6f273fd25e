import type { GraphQLResolveInfo } from 'graphql'
import { createApiKey } from '../domain/access/create-api-key.ts'
import { mintRequesterToken } from '../domain/access/mint-requester-token.ts'
import { allKeys, apiKeysQuery } from '../domain/access/queries.ts'
import { revokeApiKey } from '../domain/access/revoke-api-key.ts'
import { rotateApiKey } from '../domain/access/rotate-api-key.ts'
import { conditionFields } from '../domain/conditions/queries.ts'
import { addPerson } from '../domain/people/add-person.ts'
import { addPersonEmail } from '../domain/people/add-person-email.ts'
import { addTeam } from '../domain/people/add-team.ts'
import { changePerson } from '../domain/people/change-person.ts'
import { changeTeam } from '../domain/people/change-team.ts'
import { mergePerson } from '../domain/people/merge-person.ts'
import {
  me,
  peopleById,
  peopleList,
  peopleQuery,
  person,
  team,
  teamsList,
  teamsQuery,
} from '../domain/people/queries.ts'
import { removePersonEmail } from '../domain/people/remove-person-email.ts'
import type { Team } from '../domain/people/schema.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Id = { id: string }

export const peopleResolvers = {
  Query: {
    me: (_root: unknown, _args: object, { desk }: Context) => desk.read(me, {}),
    person: (_root: unknown, { id }: Id, { desk }: Context) => orNull(desk.read(person, { personId: id })),
    people: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(peopleQuery, pageFrom(args, info, peopleList.filters))),
    team: (_root: unknown, { id }: Id, { desk }: Context) => orNull(desk.read(team, { teamId: id })),
    teams: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(teamsQuery, pageFrom(args, info, teamsList.filters))),
    apiKeys: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(apiKeysQuery, pageFrom(args, info, allKeys.filters))),
    conditionFields: (_root: unknown, _args: object, { desk }: Context) => desk.read(conditionFields, {}),
  },
  Mutation: {
    ...mutation(addPerson),
    ...mutation(changePerson),
    ...mutation(addPersonEmail),
    ...mutation(removePersonEmail),
    ...mutation(mergePerson),
    ...mutation(addTeam),
    ...mutation(changeTeam),
    ...mutation(createApiKey),
    ...mutation(rotateApiKey),
    ...mutation(revokeApiKey),
    ...mutation(mintRequesterToken),
  },
}

/** Members of many teams are read together, as far as one read goes. */
const PEOPLE_MAX = 200

export const peopleLoaders = {
  Team: {
    members: async (asked: { obj: Team }[], { desk }: Context) => {
      const ids = [...new Set(asked.flatMap(({ obj }) => obj.memberIds))]
      const reads = Array.from({ length: Math.ceil(ids.length / PEOPLE_MAX) }, (_, n) =>
        desk.read(peopleById, { ids: ids.slice(n * PEOPLE_MAX, (n + 1) * PEOPLE_MAX) }),
      )
      const found = new Map((await Promise.all(reads)).flatMap((part) => [...part]))
      return asked.map(({ obj }) => obj.memberIds.flatMap((id) => found.get(id) ?? []))
    },
  },
}
