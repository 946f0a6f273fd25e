import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { type Activity, AddActivity } from './schema.ts'
import { ACTIVITIES_MAX, allActivities } from './store.ts'
import { activities } from './table.ts'

/** A new activity: billed, without a rate, behind all others where nothing is said. */
export const addActivity = defineCommand({
  name: 'addActivity',
  group: 'vocabularies',
  input: AddActivity,

  async subject({ tx }) {
    await lockConfiguration(tx)
    return allActivities(tx)
  },

  refuse: (actor, existing, { key }) =>
    refuseAdminWork(actor) ?? (existing.some((each) => each.key === key) ? 'key_taken' : undefined),

  async handle(context, input, existing): Promise<Activity> {
    if (existing.length >= ACTIVITIES_MAX) throw invalid('/key', 'too_many', `there are ${ACTIVITIES_MAX} already`)
    const { insert, emit, now } = context
    const { key } = input
    const position = (existing.at(-1)?.position ?? 0) + 1
    const plain = { position, billable: true, rate: null, enabled: true }
    const activity: Activity = { ...plain, ...input, version: 1, createdAt: now, updatedAt: now }
    insert(activities, activity)
    await bumpVocabulary(context)
    emit({ type: 'activity.added', object: { type: 'activity', id: key, version: 1 }, data: { key } })
    return activity
  },
})
