import { addActivity } from '../domain/activities/add-activity.ts'
import { changeActivity } from '../domain/activities/change-activity.ts'
import { activitiesQuery, activityQuery } from '../domain/activities/queries.ts'
import { removeActivity } from '../domain/activities/remove-activity.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

export const activityResolvers = {
  Query: {
    activities: (_root: unknown, _args: object, { desk }: Context) => desk.read(activitiesQuery, {}),
    activity: (_root: unknown, { key }: { key: string }, { desk }: Context) =>
      orNull(desk.read(activityQuery, { key })),
  },
  Mutation: { ...mutation(addActivity), ...mutation(changeActivity), ...mutation(removeActivity) },
}
