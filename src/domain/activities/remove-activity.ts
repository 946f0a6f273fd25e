import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { ActivityAct } from './schema.ts'
import { allActivities } from './store.ts'
import { activities } from './table.ts'

/** Removes an activity that no time was spent on; of any other the entries speak, and it can be disabled. */
export const removeActivity = defineCommand({
  name: 'removeActivity',
  group: 'vocabularies',
  input: ActivityAct,
  constraints: { time_entries_activity_activities_key_fk: 'activity_in_use' },

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    const activity = (await allActivities(tx)).find((each) => each.key === key)
    if (!activity) throw new Problem('activity_not_found')
    return activity
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { key }, activity) {
    context.remove(activities, activity)
    await bumpVocabulary(context)
    const object = { type: 'activity', id: key, version: activity.version }
    context.emit({ type: 'activity.removed', object, data: { key } })
    return { id: key }
  },
})
