import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { type Activity, ActivityAct } from './schema.ts'
import { knownActivities } from './store.ts'

/** What time is spent on, disabled ones too. */
export const activitiesQuery = defineQuery({
  name: 'activities',
  group: 'vocabularies',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ cached }): Promise<Activity[]> => [...(await cached(knownActivities)).values()],
})

export const activityQuery = defineQuery({
  name: 'activity',
  group: 'vocabularies',
  input: ActivityAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ cached }, { key }): Promise<Activity> {
    const activity = (await cached(knownActivities)).get(key)
    if (!activity) throw new Problem('activity_not_found')
    return activity
  },
})
