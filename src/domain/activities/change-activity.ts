import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { type Activity, ChangeActivity } from './schema.ts'
import { allActivities } from './store.ts'
import { activities } from './table.ts'

/** Changes an activity, from now on: what was spent stays as it was billed. */
export const changeActivity = defineCommand({
  name: 'changeActivity',
  group: 'vocabularies',
  input: ChangeActivity,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    const activity = (await allActivities(tx)).find((each) => each.key === key)
    if (!activity) throw new Problem('activity_not_found')
    return { activity, tx }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { key, expectedVersion, ...wanted }, { activity, tx }): Promise<Activity> {
    const { update, emit, now } = context
    await refuseStale(tx, { id: key, version: activity.version }, expectedVersion, Object.keys(wanted))
    const changes = changesBetween(activity, wanted)
    if (!Object.keys(changes).length) return activity
    update(activities, activity, { ...wanted, version: activity.version + 1, updatedAt: now })
    await bumpVocabulary(context)
    const object = { type: 'activity', id: key, version: activity.version }
    emit({ type: 'activity.changed', object, changes, data: { key } })
    return activity
  },
})
